"""Accuracy against parameters and time: what nothing else dominates."""

from collections.abc import Sequence
from statistics import fmean, median
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from reports import statistics
from reports.curves import backends_of, colors_of
from reports.picture import Picture, style, svg
from reports.record import Record
from reports.tables import Table, groups
from reports.timing import training_seconds

MARKERS = "os^DvP*X"


def front(records: Sequence[Record]) -> Table:
    """Return accuracy, parameters and training time, and which networks nothing else dominates.

    One dominates another on the same data if it is nowhere worse and somewhere better.
    """
    rows: list[dict[str, Any]] = []
    for group in groups(records):
        accuracies = _accuracies(group)
        seconds = [
            seconds
            for record in group
            if record.durations and (seconds := training_seconds(record.durations)) is not None
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
                    "parameters": group[0].network.parameters if group[0].network else None,
                    "training_seconds": median(seconds),
                }
            )
    for row in rows:
        rivals = [other for other in rows if other["data set"] == row["data set"]]
        row["on the front"] = "no" if any(_dominates(other, row) for other in rivals) else "yes"
    return Table(name="front", title="Accuracy, parameters and time", frame=pd.DataFrame(rows))


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


def picture(records: Sequence[Record]) -> Picture | None:
    """Draw test accuracy of one data set against training time; filled where nothing dominates.

    Areas grow with the parameters; bars are 95 % intervals over three seeds or more.
    """
    rows = front(records).frame.to_dict("records")
    if not rows:
        return None
    backends, colors = backends_of(records), colors_of(records)
    largest = max(row["parameters"] or 1 for row in rows)
    runs = {(g[0].architecture, g[0].backend, g[0].epochs): g for g in groups(records)}
    with style():
        figure = Figure((7.2, 3.8), layout="constrained")
        panel = figure.subplots()
        for row in rows:
            at, color = row["training_seconds"], colors[row["network"]]
            group = runs[row["network"], row["backend"], row["epochs"]]
            if interval := statistics.mean_interval(_accuracies(group)):
                panel.plot([at, at], [interval.low, interval.high], color=color, lw=1)
            panel.scatter(
                [at],
                [row["accuracy"]],
                s=20 + 60 * (row["parameters"] or 0) / largest,
                marker=marker(backends, row["backend"]),
                facecolor=color if row["on the front"] == "yes" else "white",
                edgecolor=color,
                zorder=3,
            )
        panel.set_xscale("log")
        panel.set_xlabel("training time [s]")
        panel.set_ylabel("test accuracy")
        lines = [mpl.lines.Line2D([], [], color=color) for color in colors.values()]
        shapes = [
            mpl.lines.Line2D([], [], color="0.3", ls="", marker=marker(backends, backend))
            for backend in backends
        ]
        figure.legend(
            [*lines, *shapes],
            [*colors, *backends],
            loc="outside right upper",
            frameon=False,
            title="filled: on the front",
        )
        dataset = records[0].dataset
        return Picture(
            name=f"tradeoff-{dataset}",
            title=f"Test accuracy of each network on {dataset} against training time",
            svg=svg(figure),
        )


def _accuracies(group: Sequence[Record]) -> list[float]:
    values = [(record.test or {}).get("accuracy") for record in group]
    return [value for value in values if value is not None]


def marker(known: Sequence[object], one: object) -> str:
    """Return the shape of one of several."""
    return MARKERS[known.index(one) % len(MARKERS)]
