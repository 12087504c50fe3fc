"""What each backend ran with."""

from collections.abc import Sequence

import pandas as pd

from reports.schema.record import Measured
from reports.tables.table import Table


def environments(records: Sequence[Measured]) -> Table:
    """Return what each backend ran with, one row for each difference."""
    rows = {}
    for record in records:
        environment = record.environment
        row = {
            "backend": record.backend,
            "versions": ", ".join(f"{k} {v}" for k, v in sorted(environment.packages.items())),
            "python": environment.python,
            "dtype policy": environment.dtype_policy,
            "jit_compile": {True: "on", False: "off", None: None}[environment.jit_compile],
            "device": environment.device,
            "variables": ", ".join(f"{k}={v}" for k, v in environment.variables.items()) or "none",
            "commit": f"{(environment.commit or 'unknown')[:10]}"
            + (" with changes" if environment.dirty else ""),
        }
        rows[tuple(row.values())] = row
    in_order = sorted(rows, key=lambda row: tuple(value or "" for value in row))
    frame = pd.DataFrame([rows[key] for key in in_order])
    return Table(name="environments", title="Software", frame=frame)
