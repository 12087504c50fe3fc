"""Test metrics."""

from collections.abc import Sequence
from statistics import fmean

from reports import statistics, two_sides
from reports.grouping import anchor, groups
from reports.schema.metrics import METRICS
from reports.schema.record import Measured, Scored, Trained
from reports.tables.table import Table, over, with_dataset_where_several, without_empty

QUALITY = tuple(metric.name for metric in METRICS if metric.kind == "quality")


def quality(records: Sequence[Measured]) -> Table:
    """Return test metrics after the last epoch: means over the seeds."""
    rows = []
    scored = groups([record for record in records if isinstance(record, Scored)])
    sides = two_sides.by_key(scored)
    for group in scored:
        tests = [record.test for record in group]
        rows.append(
            {
                "network": group[0].architecture,
                "data set": group[0].dataset,
                "backend": group[0].backend,
                "n": len(group),
                "epochs": group[0].epochs,
                **{name: over([test.get(name) for test in tests], fmean) for name in QUALITY},
                "accuracy, 95 %": _interval([test.get("accuracy") for test in tests]),
                "accuracy − base (95 %)": two_sides.accuracy(group, sides),
                "not finite": divergences(group),
            }
        )
    return Table(
        name="quality",
        title="Test metrics",
        frame=with_dataset_where_several(without_empty(rows), records),
        links=tuple(anchor(group[0]) for group in scored),
    )


def divergences(group: Sequence[Measured]) -> str | None:
    """Return which runs had a loss that was not finite, and since when; None if none had."""
    found = [
        f"seed {record.seed} {record.history.divergence}"
        for record in group
        if isinstance(record, Trained) and record.history.divergence
    ]
    return "; ".join(found) or None


def _interval(values: Sequence[float | None]) -> str | None:
    """Return the interval of a mean over seeds as a text, or None below three of them."""
    present = [value for value in values if value is not None]
    interval = statistics.mean_interval(present)
    return f"{interval.low:.4f} to {interval.high:.4f}" if interval else None
