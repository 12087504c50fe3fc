"""Records to pictures, as SVG texts: the same records give the same bytes."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from reports import statistics
from reports.metrics import BY_NAME
from reports.record import History, Record, Series

STYLE: dict[Any, Any] = {
    "svg.hashsalt": "keras-bench",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
PANEL_INCHES = (4.2, 2.6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A drawing with a name for its file and a sentence for who cannot see it."""

    name: str
    title: str
    svg: str


def learning(records: Sequence[Record]) -> Picture:
    """Draw loss and metrics of one data set over the epochs: rows are metrics, columns backends.

    Training is dashed, validation solid. One or two seeds are a line each, more are their mean in
    the band of its 95 % interval.
    """
    with_history = [record for record in records if record.history]
    backends = sorted({record.backend for record in with_history})
    networks = list(dict.fromkeys(record.architecture for record in with_history))
    names = list(with_history[0].history.train) if with_history[0].history else []
    width, height = PANEL_INCHES
    with mpl.rc_context(STYLE):
        figure = Figure((width * len(backends) + 1.4, height * len(names)), layout="constrained")
        panels = figure.subplots(
            len(names), len(backends), squeeze=False, sharex=True, sharey="row"
        )
        groups: dict[tuple[str, str, int], list[History]] = {}
        for record in with_history:
            assert record.history
            key = record.architecture, record.backend, record.epochs
            groups.setdefault(key, []).append(record.history)
        for (network, backend, _), histories in groups.items():
            for row, name in enumerate(names):
                panel = panels[row, backends.index(backend)]
                color = f"C{networks.index(network)}"
                _draw_runs(panel, [history.train[name] for history in histories], color, "--")
                _draw_runs(panel, [history.validation[name] for history in histories], color, "-")
        for column, backend in enumerate(backends):
            panels[0, column].set_title(backend)
            panels[-1, column].set_xlabel("epoch")
            panels[-1, column].xaxis.get_major_locator().set_params(integer=True)
        for row, name in enumerate(names):
            panels[row, 0].set_ylabel(BY_NAME[name].label)
        lines = [mpl.lines.Line2D([], [], color=f"C{i}") for i in range(len(networks))]
        styles = [mpl.lines.Line2D([], [], color="0.3", ls=style) for style in ("--", "-")]
        labels = [*networks, "training", "validation"]
        figure.legend([*lines, *styles], labels, loc="outside right upper", frameon=False)
        dataset = with_history[0].dataset
        return Picture(
            name=f"learning-{dataset}",
            title=f"Loss and metrics of each network on {dataset} over the epochs",
            svg=_svg(figure),
        )


def confusion(records: Sequence[Record]) -> Picture:
    """Draw the confusion matrices of one data set: rows are networks, columns backends.

    Colours show the share of the true class; counts over the seeds are added up.
    """
    with_counts = [record for record in records if record.confusion and record.data]
    backends = sorted({record.backend for record in with_counts})
    networks = list(dict.fromkeys(record.architecture for record in with_counts))
    assert with_counts[0].data
    classes = with_counts[0].data.classes
    side = 2.2 if len(classes) == 2 else 4.4
    with mpl.rc_context({**STYLE, "axes.grid": False}):
        size = (side * len(backends) + 1.5, side * len(networks) + 0.6)
        figure = Figure(size, layout="constrained")
        panels = figure.subplots(len(networks), len(backends), squeeze=False)
        for row, network in enumerate(networks):
            for column, backend in enumerate(backends):
                chosen = [
                    record.confusion
                    for record in with_counts
                    if (record.architecture, record.backend) == (network, backend)
                    and record.confusion
                ]
                panel = panels[row, column]
                panel.set_title(f"{network}, {backend}")
                if chosen:
                    _draw_matrix(panel, np.sum(chosen, axis=0), classes)
                else:
                    panel.set_axis_off()
        figure.supxlabel("predicted")
        figure.supylabel("true")
        dataset = with_counts[0].dataset
        return Picture(
            name=f"confusion-{dataset}",
            title=f"Confusion matrices on {dataset}: test samples by true and predicted class",
            svg=_svg(figure),
        )


def _draw_runs(panel: "mpl.axes.Axes", runs: Sequence[Series], color: str, style: str) -> None:
    """Draw one metric of one network: rows of ``runs`` are seeds, columns epochs."""
    values = np.array(runs, dtype=float)  # None becomes not a number, a gap in the line
    epochs = range(1, values.shape[1] + 1)
    band = statistics.mean_band(values)
    if band is None:
        panel.plot(epochs, values.T, style, color=color, marker=".", lw=1)
        return
    middle, low, high = band
    panel.plot(epochs, middle, style, color=color, marker=".", lw=1)
    panel.fill_between(epochs, low, high, color=color, alpha=0.15, lw=0)


def _draw_matrix(panel: "mpl.axes.Axes", counts: np.ndarray, classes: Sequence[str]) -> None:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    panel.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    places = range(len(classes))
    panel.set_xticks(
        places,
        classes,
        rotation=45 if len(classes) > 2 else 0,
        ha="right" if len(classes) > 2 else "center",
    )
    panel.set_yticks(places, classes)
    for (row, column), count in np.ndenumerate(counts):
        color = "white" if shares[row, column] > 0.5 else "black"
        panel.text(column, row, f"{count}", ha="center", va="center", color=color, fontsize=7)


def _svg(figure: Figure) -> str:
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return stream.getvalue()
