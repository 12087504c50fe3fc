"""Records to curves: learning over epochs and over time."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports import statistics
from reports.charts import Looks
from reports.figures.picture import (
    PANEL_INCHES,
    Picture,
    backends_of,
    label,
    label_sparsely,
    legend,
    style,
    svg,
)
from reports.grouping import groups
from reports.schema.metrics import BY_NAME
from reports.schema.record import History, Measured, Series, Trained
from reports.timing import elapsed, undisturbed


def learning(records: Sequence[Measured], looks: Looks, *, by_time: bool = False) -> Picture | None:
    """Draw loss and metrics of one data set: rows are metrics, columns backends.

    Training is dashed, validation solid. One or two seeds are a line each, more are their mean in
    the band of its 95 % interval. ``by_time`` draws loss and accuracy over the mean seconds of
    training, compilation included, instead of all metrics over the epochs.
    """
    shown = ("loss", "accuracy") if by_time else tuple(BY_NAME)
    drawn = [r for r in records if isinstance(r, Trained) and _has_numbers(r.history, shown)]
    if not drawn:
        return None
    backends = backends_of(drawn)
    networks = looks.of((r.architecture, r.backend) for r in drawn).colors
    names = _metrics(drawn, shown)
    width, height = PANEL_INCHES
    with style():
        figure = Figure((width * len(backends) + 1.4, height * len(names)), layout="constrained")
        panels = figure.subplots(
            len(names), len(backends), squeeze=False, sharex=True, sharey="row"
        )
        for group in groups(drawn):
            network, backend = group[0].architecture, group[0].backend
            at = _mean_seconds(group) if by_time else range(1, group[0].epochs + 1)
            for row, name in enumerate(names):
                panel, color = panels[row, backends.index(backend)], networks[network]
                for line, series in (("--", "train"), ("-", "validation")):
                    runs = [getattr(record.history, series).get(name) for record in group]
                    _draw_runs(panel, at, [run for run in runs if run], color, line)
        for column, backend in enumerate(backends):
            panels[0, column].set_title(label(backend))
            panels[-1, column].set_xlabel("training time [s]" if by_time else "epoch")
            if by_time:
                panels[-1, column].set_xscale("log")
                label_sparsely(panels[-1, column].xaxis)
            else:
                panels[-1, column].xaxis.get_major_locator().set_params(integer=True)
        for row, name in enumerate(names):
            panels[row, 0].set_ylabel(BY_NAME[name].label)
        legend(figure, networks, {"training": "--", "validation": "-"})
        dataset = drawn[0].dataset
        return Picture(
            name=f"learning{'-time' if by_time else ''}-{dataset}",
            title=f"Loss and metrics of each network on {dataset} over "
            f"{'training time' if by_time else 'the epochs'}",
            svg=svg(figure),
        )


def _has_numbers(history: History, names: Sequence[str]) -> bool:
    """Return whether there is a point to draw; a logarithmic axis without any is an error."""
    series = [
        phase.get(name, ()) for phase in (history.train, history.validation) for name in names
    ]
    return any(value is not None for values in series for value in values)


def _metrics(records: Sequence[Trained], drawn: Sequence[str]) -> list[str]:
    """Return those metrics, in the order of the records, that any of them has."""
    names = dict.fromkeys(name for record in records for name in record.history.train)
    return [name for name in names if name in drawn]


def _mean_seconds(group: Sequence[Trained]) -> np.ndarray:
    runs = [elapsed(r.durations, compilation=True) for r in undisturbed(group)]
    mean: np.ndarray = np.mean(runs, axis=0)
    return mean


def _draw_runs(
    panel: Axes, at: Sequence[float] | np.ndarray, runs: Sequence[Series], color: str, line: str
) -> None:
    """Draw one metric of one network: rows of ``runs`` are seeds, columns epochs."""
    if not runs:
        return
    values = np.array(runs, dtype=float)  # None becomes not a number, a gap in the line
    marker = "." if values.shape[1] <= 20 else None
    band = statistics.mean_band(values)
    if band is None:
        panel.plot(at, values.T, line, color=color, marker=marker, lw=1)
        return
    middle, low, high = band
    panel.plot(at, middle, line, color=color, marker=marker, lw=1)
    panel.fill_between(at, low, high, color=color, alpha=0.15, lw=0)
