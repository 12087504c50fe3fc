"""Which records belong together, and what they are called for people."""

import re
from collections.abc import Sequence
from typing import TypeVar

from reports.schema.record import Header, Observed, Record

R = TypeVar("R", bound=Header)


def groups(records: Sequence[R]) -> list[list[R]]:
    """Return the records that differ in nothing but their seed."""
    by_key: dict[tuple[str, str, str, int], list[R]] = {}
    for record in records:
        key = (record.architecture, record.dataset, record.backend, record.epochs)
        by_key.setdefault(key, []).append(record)
    return list(by_key.values())


def machine_of(record: Record) -> str | None:
    """Return where a record was measured; None for one that tells nothing of it."""
    return record.environment.machine if isinstance(record, Observed) else None


def anchor(record: Record) -> str:
    """Return the name of the page that a record is on: letters, digits and hyphens."""
    parts = (
        *(record.architecture, record.dataset, record.backend),
        *([record.settings] if record.settings else []),
        record.recipe,
    )
    name = "-".join([*parts, f"e{record.epochs}", machine_of(record) or ""])
    return re.sub(r"\W+", "-", name).strip("-").lower()
