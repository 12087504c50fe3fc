"""One row per experiment: the table at the end of a run, and that of failures."""

from collections.abc import Iterable

import pandas as pd

from reports.schema.record import Failed, Measured, Predicted, Record, Scored, Trained
from reports.tables.table import Table
from reports.timing import noise, times

TIMES = ("epoch_seconds", "latency_milliseconds", "peak_memory_megabytes")


def overview(records: Iterable[Record]) -> Table:
    """Return what came of each experiment."""
    rows = []
    for record in records:
        measured = times(record) if isinstance(record, Measured) else {}
        network = record.network if isinstance(record, Trained | Predicted) else None
        rows.append(
            {
                "experiment": record.id,
                "parameters": network.parameters if network else None,
                "accuracy": record.test.get("accuracy") if isinstance(record, Scored) else None,
                **{name: measured.get(name) for name in TIMES},
                "noise": ", ".join(noise(record)) if isinstance(record, Measured) else "",
                "status": _status(record),
            }
        )
    return Table(name="overview", title="Experiments", frame=pd.DataFrame(rows))


def _status(record: Record) -> str:
    if isinstance(record, Failed):
        return "failed"
    return (record.history.divergence if isinstance(record, Trained) else None) or "ok"


def failures(records: Iterable[Record]) -> Table:
    """Return the experiments that gave no result, with the reason."""
    rows = [
        {"experiment": record.id, "profile": record.recipe, "reason": record.reason}
        for record in records
        if isinstance(record, Failed)
    ]
    return Table(name="failures", title="Failed", frame=pd.DataFrame(rows))
