"""Which records belong together, and what they are called for people."""

import re
from collections.abc import Sequence
from typing import TypeVar

from reports.schema.environment import Environment
from reports.schema.record import Compared, Fitted, Header, Predicted, Record, Trained

R = TypeVar("R", bound=Header)


def groups(records: Sequence[R]) -> list[list[R]]:
    """Return the records that differ in nothing but their seed."""
    by_key: dict[tuple[str, str, str, int], list[R]] = {}
    for record in records:
        key = (record.architecture, record.dataset, record.backend, record.epochs)
        by_key.setdefault(key, []).append(record)
    return list(by_key.values())


def environment_of(record: Record) -> Environment | None:
    """Return where a record was measured; None for one that tells nothing of it."""
    if isinstance(record, Trained | Predicted | Fitted | Compared):
        return record.environment
    return None


def machine_of(record: Record) -> str | None:
    """Return the machine of a record, likewise."""
    environment = environment_of(record)
    return environment.machine if environment else None


def anchor(record: Record) -> str:
    """Return the name of the page that a record is on: letters, digits and hyphens."""
    parts = (
        *(record.architecture, record.dataset, record.backend),
        *([record.settings] if record.settings else []),
        record.recipe,
    )
    name = "-".join([*parts, f"e{record.epochs}", machine_of(record) or ""])
    return re.sub(r"\W+", "-", name).strip("-").lower()
