"""Accuracy, parameters and time: what nothing else dominates."""

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any

from reports import statistics
from reports.grouping import anchor, groups
from reports.schema.record import Measured, Scored, Trained
from reports.tables.table import Table, typical, without_empty
from reports.timing import disturbed, training_seconds, undisturbed

COLUMNS = (
    *("data set", "network", "backend", "n", "epochs"),
    *("accuracy", "parameters", "training_seconds", "disturbed", "on the front"),
)


def front(records: Sequence[Measured]) -> Table:
    """Return accuracy, parameters and training time, and which networks nothing else dominates.

    One dominates another on the same data if it is nowhere worse and somewhere better. Times are
    of the runs that others left alone; where they disturbed every run, nothing is said of the row,
    and it dominates no other.
    """
    shown = [{column: row[column] for column in COLUMNS} for row in rows(records)]
    title = "Accuracy, parameters and time"
    return Table(name="front", title=title, frame=without_empty(shown))


def rows(records: Sequence[Measured]) -> list[dict[str, Any]]:
    """Return what `front` shows of each group, unrounded, and what is drawn besides.

    ``interval``: of the mean accuracy, None for fewer than three seeds; ``edge``: whether nothing
    is both faster and better, whatever the size; ``anchor``: the page of the experiment.
    """
    rows: list[dict[str, Any]] = []
    for group in groups([record for record in records if isinstance(record, Scored)]):
        accuracies = accuracies_of(group)
        seconds = [
            seconds
            for record in undisturbed(group)
            if (seconds := training_seconds(record.durations)) is not None
        ]
        if accuracies and seconds:
            rows.append(
                {
                    "data set": group[0].dataset,
                    "network": group[0].architecture,
                    "backend": group[0].backend,
                    "n": len(group),
                    "epochs": group[0].epochs,
                    "accuracy": fmean(accuracies),
                    "parameters": first.network.parameters
                    if isinstance(first := group[0], Trained)
                    else None,
                    "training_seconds": typical(seconds),
                    "disturbed": "yes" if all(map(disturbed, group)) else None,
                    "interval": statistics.mean_interval(accuracies),
                    "anchor": anchor(group[0]),
                }
            )
    for row in rows:
        rivals = [
            other
            for other in rows
            if other["data set"] == row["data set"] and not other["disturbed"]
        ]
        beaten = any(_dominates(other, row) for other in rivals)
        row["on the front"] = None if row["disturbed"] else "no" if beaten else "yes"
        row["edge"] = not row["disturbed"] and not any(
            _dominates(other, row | {"parameters": None}) for other in rivals
        )
    return rows


def _dominates(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Return whether a row is nowhere worse than another and somewhere better.

    The size of a baseline is unknown, so between it and a network accuracy and time decide.
    """
    pairs = [
        (one["accuracy"], other["accuracy"]),
        (-one["training_seconds"], -other["training_seconds"]),
    ]
    if one["parameters"] and other["parameters"]:
        pairs.append((-one["parameters"], -other["parameters"]))
    return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)


def accuracies_of(group: Sequence[Scored]) -> list[float]:
    """Return the test accuracies that are finite."""
    values = [record.test.get("accuracy") for record in group]
    return [value for value in values if value is not None]


def step_of(networks: Iterable[Sequence[Scored]]) -> float:
    """Return in which steps the accuracies of some networks move, the largest: a test sample."""
    return max((1 / r.data.test_samples for group in networks for r in group), default=0.0)
