"""Confusion matrices: true classes against predicted ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reports.grouping import groups
from reports.schema.record import Measured, Scored
from reports.tables.table import Table

MOST_CLASSES = 40
"""Whose counts anybody could read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """The counts of one network, with their share of the true class."""

    name: str
    classes: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[int, float], ...]], ...]
    """Of each true class its name and a count and a share for each predicted one."""
    runs: int = 1
    """Of the same test samples, whose counts are added up."""

    @property
    def of_runs(self) -> str:
        """Say of how many runs the counts are; nothing of one."""
        return f", sum of {self.runs} runs" if self.runs > 1 else ""


def confusion(
    name: str, matrix: Sequence[Sequence[int]], classes: Sequence[str], *, runs: int = 1
) -> Confusion:
    """Return counts with their shares; of a class that has no samples these are 0."""
    return Confusion(
        name=name,
        classes=tuple(classes),
        rows=tuple(
            (label, tuple((count, count / max(1, sum(row))) for count in row))
            for label, row in zip(classes, matrix, strict=True)
        ),
        runs=runs,
    )


def confusion_table(found: Confusion) -> Table:
    """Return the counts as a table of plain numbers."""
    rows = [
        {"true ↓, predicted →": label}
        | {name: f"{count:,}" for name, (count, _) in zip(found.classes, cells, strict=True)}
        for label, cells in found.rows
    ]
    title = f"Confusion matrix{found.of_runs}"
    return Table(name="confusion", title=title, frame=pd.DataFrame(rows))


def confusions(records: Sequence[Measured]) -> tuple[Confusion, ...]:
    """Return the matrices of one data set, counts added up over the seeds of each network."""
    scored = [record for record in records if isinstance(record, Scored)]
    if not scored or not 0 < len(classes := scored[0].data.classes) <= MOST_CLASSES:
        return ()
    found = []
    for group in groups([record for record in scored if record.data.classes == classes]):
        counts = np.sum([record.confusion for record in group], axis=0).tolist()
        name = f"{group[0].architecture}, {group[0].backend}, {group[0].epochs} epochs"
        found.append(confusion(name, counts, classes, runs=len(group)))
    return tuple(found)
