"""Accuracy against parameters and time."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
from matplotlib.figure import Figure

from reports.charts import colors_of
from reports.figures.picture import (
    Picture,
    backends_of,
    label,
    marker,
    style,
    svg,
)
from reports.schema.record import Measured
from reports.tables import front


def picture(records: Sequence[Measured]) -> Picture | None:
    """Draw test accuracy of one data set against training time; filled where nothing dominates.

    Areas grow with the parameters; bars are 95 % intervals over three seeds or more; edges are
    dotted where others disturbed every run.
    """
    rows = front.rows(records)
    if not rows:
        return None
    backends, colors = backends_of(records), colors_of(records)
    disturbed = [row["disturbed"] for row in rows]
    largest = max(row["parameters"] or 0 for row in rows) or 1
    with style():
        figure = Figure((7.2, 3.8), layout="constrained")
        panel = figure.subplots()
        for row in rows:
            at, color = row["training_seconds"], colors[row["network"]]
            if interval := row["interval"]:
                panel.plot([at, at], [interval.low, interval.high], color=color, lw=1)
            panel.scatter(
                [at],
                [row["accuracy"]],
                s=20 + 60 * (row["parameters"] or 0) / largest,
                marker=marker(backends, row["backend"]),
                facecolor=color if row["on the front"] == "yes" else "white",
                edgecolor=color,
                linestyle=":" if row["disturbed"] else "-",
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
            "no other is better in one of accuracy, time and parameters and nowhere worse"
            + "; dotted: others disturbed every run"
            * any(disturbed),
            svg=svg(figure),
        )


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
