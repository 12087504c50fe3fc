"""Records to confusion matrices."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.figures.picture import SHORT, Picture, label, style, svg
from reports.schema.record import Measured, Scored

MOST_COUNTS = 40
"""Classes that are named, and whose counts are written into the cells."""


def confusion(records: Sequence[Measured]) -> Picture | None:
    """Draw the confusion matrices of one data set: rows are networks, columns backends.

    Each cell has the count, added up over the seeds, and the share of the true class, which is
    also its colour.
    """
    drawn = [record for record in records if isinstance(record, Scored)]
    if not drawn:
        return None
    backends = sorted({record.backend for record in drawn})
    networks = list(dict.fromkeys(record.architecture for record in drawn))
    classes = drawn[0].data.classes
    side = 2.2 if len(classes) == 2 else 5.4
    with style(**{"axes.grid": False}):
        size = (side * len(backends) + 1.5, side * len(networks) + 0.6)
        figure = Figure(size, layout="constrained")
        panels = figure.subplots(len(networks), len(backends), squeeze=False)
        for row, network in enumerate(networks):
            for column, backend in enumerate(backends):
                chosen = [
                    record.confusion
                    for record in drawn
                    if (record.architecture, record.backend) == (network, backend)
                    and record.data.classes == classes
                ]
                panel = panels[row, column]
                panel.set_title(label(f"{network}, {backend}"))
                if chosen:
                    _draw(panel, np.sum(chosen, axis=0), classes)
                else:
                    panel.set_axis_off()
        figure.supxlabel("predicted")
        figure.supylabel("true")
        dataset = drawn[0].dataset
        return Picture(
            name=f"confusion-{dataset}",
            title=f"Confusion matrices on {dataset}: test samples by true and predicted class",
            svg=svg(figure),
        )


def _draw(panel: Axes, counts: np.ndarray, classes: Sequence[str]) -> None:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    panel.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    places = range(len(classes))
    many = len(classes) > 2
    if len(classes) > MOST_COUNTS:  # nobody could read them, and each thousand takes a second
        panel.set_xticks([])
        panel.set_yticks([])
        return
    names = [label(name, SHORT) for name in classes]
    panel.set_xticks(places, names, rotation=45 if many else 0, ha="right" if many else "center")
    panel.set_yticks(places, names)
    for (row, column), count in np.ndenumerate(counts):
        panel.text(
            column,
            row,
            f"{count}\n{shares[row, column]:.1%}",
            ha="center",
            va="center",
            color="white" if shares[row, column] > 0.5 else "black",
            fontsize=6 if many else 8,
        ).set_in_layout(False)  # inside its panel anyway; measuring hundreds of texts takes seconds
