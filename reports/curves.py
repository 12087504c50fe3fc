"""Records to curves: learning over epochs and over time, and the trade-offs of a threshold."""

from collections.abc import Iterable, Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports import statistics
from reports.metrics import BY_NAME
from reports.picture import Picture, style, svg
from reports.predictions import Predictions
from reports.record import Record, Series
from reports.timing import elapsed

PANEL_INCHES = (4.2, 2.6)
POINTS = 200
"""Of a drawn threshold curve: as many as can be seen."""


def learning(records: Sequence[Record], *, by_time: bool = False) -> Picture | None:
    """Draw loss and metrics of one data set: rows are metrics, columns backends.

    Training is dashed, validation solid. One or two seeds are a line each, more are their mean in
    the band of its 95 % interval. ``by_time`` draws loss and accuracy over the mean seconds of
    training, compilation included, instead of all metrics over the epochs.
    """
    drawn = [record for record in records if record.history and record.durations]
    if not drawn:
        return None
    backends, networks = backends_of(drawn), colors_of(drawn)
    assert drawn[0].history
    names = [name for name in drawn[0].history.train if not by_time or name in ("loss", "accuracy")]
    width, height = PANEL_INCHES
    with style():
        figure = Figure((width * len(backends) + 1.4, height * len(names)), layout="constrained")
        panels = figure.subplots(
            len(names), len(backends), squeeze=False, sharex=True, sharey="row"
        )
        groups: dict[tuple[str, str, int], list[Record]] = {}
        for record in drawn:
            groups.setdefault((record.architecture, record.backend, record.epochs), []).append(
                record
            )
        for (network, backend, epochs), group in groups.items():
            at = _mean_seconds(group) if by_time else range(1, epochs + 1)
            for row, name in enumerate(names):
                panel, color = panels[row, backends.index(backend)], networks[network]
                histories = [record.history for record in group if record.history]
                _draw_runs(panel, at, [history.train[name] for history in histories], color, "--")
                _draw_runs(
                    panel, at, [history.validation[name] for history in histories], color, "-"
                )
        for column, backend in enumerate(backends):
            panels[0, column].set_title(backend)
            panels[-1, column].set_xlabel("training time [s]" if by_time else "epoch")
            if by_time:
                panels[-1, column].set_xscale("log")
            else:
                panels[-1, column].xaxis.get_major_locator().set_params(integer=True)
        for row, name in enumerate(names):
            panels[row, 0].set_ylabel(BY_NAME[name].label)
        _legend(figure, networks, {"training": "--", "validation": "-"})
        dataset = drawn[0].dataset
        return Picture(
            name=f"learning{'-time' if by_time else ''}-{dataset}",
            title=f"Loss and metrics of each network on {dataset} over "
            f"{'training time' if by_time else 'the epochs'}",
            svg=svg(figure),
        )


def thresholds(records: Sequence[Record], predictions: Mapping[str, Predictions]) -> Picture | None:
    """Draw the ROC curve and the precision-recall curve of a binary task, a line for each run.

    ``predictions`` are by the records' id. None where there are none, or the task is not binary.
    """
    from sklearn import metrics  # takes a second, which reports without predictions need not wait

    drawn = [
        record
        for record in records
        if record.id in predictions and predictions[record.id].probabilities.shape[1] == 1
    ]
    if not drawn:
        return None
    backends, networks = backends_of(drawn), colors_of(drawn)
    width, _ = PANEL_INCHES
    with style():
        figure = Figure((width * len(backends) + 1.4, 2 * width), layout="constrained")
        panels = figure.subplots(2, len(backends), squeeze=False, sharex=True, sharey=True)
        for record in drawn:
            column, color = backends.index(record.backend), networks[record.architecture]
            found = predictions[record.id]
            true, score = found.true, found.probabilities[:, 0]
            false_positives, true_positives, _ = metrics.roc_curve(true, score)
            panels[0, column].plot(*thin(false_positives, true_positives), color=color, lw=1)
            precision, recall, _ = metrics.precision_recall_curve(true, score)
            panels[1, column].plot(*thin(recall, precision), color=color, lw=1)
        for column, backend in enumerate(backends):
            panels[0, column].set_title(backend)
            panels[0, column].set_xlabel("false positive rate")
            panels[1, column].set_xlabel("recall")
        panels[0, 0].set_ylabel("true positive rate (ROC)")
        panels[1, 0].set_ylabel("precision")
        _legend(figure, networks, {})
        dataset = drawn[0].dataset
        return Picture(
            name=f"thresholds-{dataset}",
            title=f"ROC and precision-recall curves of each network on {dataset}",
            svg=svg(figure),
        )


def _mean_seconds(group: Sequence[Record]) -> np.ndarray:
    runs = [elapsed(r.durations, compilation=True) for r in group if r.durations]
    mean: np.ndarray = np.mean(runs, axis=0)
    return mean


def backends_of(records: Iterable[Record]) -> list[str]:
    """Return the backends, in the order of the columns."""
    return sorted({record.backend for record in records})


def colors_of(records: Iterable[Record]) -> dict[str, str]:
    """Return a colour for each network, in the order of the records."""
    names = dict.fromkeys(record.architecture for record in records)
    return {name: f"C{place}" for place, name in enumerate(names)}


def _legend(figure: Figure, networks: Mapping[str, str], lines: Mapping[str, str]) -> None:
    handles = [mpl.lines.Line2D([], [], color=color) for color in networks.values()]
    handles += [mpl.lines.Line2D([], [], color="0.3", ls=line) for line in lines.values()]
    figure.legend(handles, [*networks, *lines], loc="outside right upper", frameon=False)


def _draw_runs(
    panel: Axes, at: Sequence[float] | np.ndarray, runs: Sequence[Series], color: str, line: str
) -> None:
    """Draw one metric of one network: rows of ``runs`` are seeds, columns epochs."""
    values = np.array(runs, dtype=float)  # None becomes not a number, a gap in the line
    marker = "." if values.shape[1] <= 20 else None
    band = statistics.mean_band(values)
    if band is None:
        panel.plot(at, values.T, line, color=color, marker=marker, lw=1)
        return
    middle, low, high = band
    panel.plot(at, middle, line, color=color, marker=marker, lw=1)
    panel.fill_between(at, low, high, color=color, alpha=0.15, lw=0)


def thin(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a curve with no more points than can be seen, both ends kept."""
    length = np.hypot(np.diff(x), np.diff(y)).cumsum()
    wanted = np.linspace(0, length[-1], POINTS)
    places = np.unique(
        np.concatenate([[0], 1 + np.searchsorted(length, wanted[1:-1]), [len(length)]])
    )
    return x[places], y[places]
