"""Accuracy against parameters and time."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from reports import statistics
from reports.charts import colors_of
from reports.figures.picture import (
    Picture,
    backends_of,
    label,
    marker,
    style,
    svg,
)
from reports.grouping import groups
from reports.schema.record import Measured, Scored
from reports.tables.front import accuracies_of, front


def picture(records: Sequence[Measured]) -> Picture | None:
    """Draw test accuracy of one data set against training time; filled where nothing dominates.

    Areas grow with the parameters; bars are 95 % intervals over three seeds or more.
    """
    rows = front(records).frame.to_dict("records")
    if not rows:
        return None
    backends, colors = backends_of(records), colors_of(records)
    largest = max((row["parameters"] for row in rows if _known(row["parameters"])), default=0) or 1
    scored = groups([record for record in records if isinstance(record, Scored)])
    runs = {(g[0].architecture, g[0].backend, g[0].epochs): g for g in scored}
    with style():
        figure = Figure((7.2, 3.8), layout="constrained")
        panel = figure.subplots()
        for row in rows:
            at, color = row["training_seconds"], colors[row["network"]]
            group = runs[row["network"], row["backend"], row["epochs"]]
            if interval := statistics.mean_interval(accuracies_of(group)):
                panel.plot([at, at], [interval.low, interval.high], color=color, lw=1)
            panel.scatter(
                [at],
                [row["accuracy"]],
                s=20 + 60 * (row["parameters"] if _known(row["parameters"]) else 0) / largest,
                marker=marker(backends, row["backend"]),
                facecolor=color if row["on the front"] == "yes" else "white",
                edgecolor=color,
                zorder=3,
            )
        panel.set_xscale("log")
        panel.set_xlabel("training time [s]")
        panel.set_ylabel("test accuracy")
        _legend(figure, colors, backends)
        dataset = records[0].dataset
        return Picture(
            name=f"tradeoff-{dataset}",
            title=f"Test accuracy of each network on {dataset} against training time; filled: "
            "no other is better in one of accuracy, time and parameters and nowhere worse",
            svg=svg(figure),
        )


def _known(parameters: float | None) -> bool:
    """Return whether there is a number: pandas makes those of baselines, which are absent, NaN."""
    return bool(pd.notna(parameters))


def _legend(figure: Figure, colors: Mapping[str, str], backends: Sequence[str]) -> None:
    """Tell colours and shapes beside the panel."""
    lines = [mpl.lines.Line2D([], [], color=color) for color in colors.values()]
    shapes = [
        mpl.lines.Line2D([], [], color="0.3", ls="", marker=marker(backends, backend))
        for backend in backends
    ]
    figure.legend(
        [*lines, *shapes],
        [*map(label, colors), *map(label, backends)],
        loc="outside right upper",
        frameon=False,
        title="filled: on the front",
    )
