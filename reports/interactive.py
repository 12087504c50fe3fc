"""Records to charts in which one chooses, points and zooms; beside them stands a picture."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reports import charts, statistics
from reports.charts import Looks, Options
from reports.grouping import anchor, groups
from reports.schema.metrics import BY_NAME
from reports.schema.record import History, Measured, Trained
from reports.tables import front
from reports.timing import elapsed, undisturbed

MOST_GROUPS = 60
"""Networks on backends of which there are curves; the picture beside them has all."""
MOST_SEEDS = 5
"""Of each, beside the mean of all."""
MOST_EPOCHS = 200
"""Points of a curve, evenly chosen, the last one kept."""
Columns = dict[str, list[float | None]]
MEAN = "mean"
EPOCH, SECONDS = "epoch", "training time [s]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What a page draws in the place of a picture, where scripts run."""

    option: Options
    """Of ECharts. Its series have ``facets`` besides, by which they are chosen, and ``link``, the
    page of an experiment."""
    facets: dict[str, tuple[str, ...]]
    """What there is to choose from, by name, in order."""
    chosen: dict[str, tuple[str, ...]]
    """What of it is shown at first."""
    colors: dict[str, str]
    """Of the networks."""
    marks: dict[str, str]
    """Of the backends: a character of the same shape."""
    axes: dict[str, Options]
    """By the dimension that they are for; empty where there is no choice."""
    left_out: int
    """Networks on backends that there would be too many of."""
    values: dict[str, str]
    """Label of each metric, by the end of its dimensions' names; empty likewise."""


def embedded(found: dict[str, Chart]) -> str:
    """Return charts as JSON that may stand in a script element: nothing in it ends one."""
    values = {
        name: {field: getattr(chart, field) for field in Chart.__slots__}
        for name, chart in found.items()
    }
    text = json.dumps(values, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def learning(records: Sequence[Measured], looks: Looks) -> Chart | None:
    """Return the curves of one data set, as `reports.figures.curves.learning` has them.

    Three or more seeds of a network on a backend are their mean, with the ends of its 95 % interval
    to be read, and the first of them each for itself; fewer are always themselves.
    """
    trained = [record for record in records if isinstance(record, Trained)]
    everything = groups(trained)
    chosen = everything[:MOST_GROUPS]
    if not chosen:
        return None
    shown = looks.of((group[0].architecture, group[0].backend) for group in chosen)
    metrics = list(dict.fromkeys(n for g in chosen for n in g[0].history.train if n in BY_NAME))
    sources: list[dict[str, Any]] = []
    series: list[Options] = []
    for group in chosen:
        for run, shown_as, source in _runs(group, metrics):
            series += [
                _curve(group[0], run, shown_as, curve, shown, source)
                | {"datasetIndex": len(sources)}
                for curve in ("training", "validation")
            ]
            sources.append({"source": source})
    facets = _facets(series)
    option = charts.lines("", EPOCH, []) | {"dataset": sources, "series": series}
    option["grid"] = {"left": 56, "right": 16, "top": 16, "bottom": 84}
    option["dataZoom"] = [{"type": "slider", "bottom": 8, "height": 22}]
    return Chart(
        option=option,
        facets=facets,
        chosen=facets
        | {"backend": _enough(chosen)}
        | {"seeds": (MEAN,) if MEAN in facets["seeds"] else facets["seeds"]},
        colors=dict(shown.colors),
        marks=_marks(shown),
        axes={EPOCH: charts.epochs(EPOCH), SECONDS: charts.positive(SECONDS)},
        left_out=len(everything) - len(chosen),
        values={name: BY_NAME[name].label for name in metrics},
    )


def _runs(group: Sequence[Trained], metrics: Sequence[str]) -> list[tuple[str, list[str], Columns]]:
    """Return what is drawn of the seeds of a network: name, what it is chosen as, columns."""
    few = len(group) < statistics.FEWEST
    seeds = [
        (f"seed {r.seed}", [*([MEAN] if few else []), f"seed {r.seed}"], _run(r, metrics))
        for r in group[:MOST_SEEDS]
    ]
    return seeds if few else [(MEAN, [MEAN], _mean(group, metrics)), *seeds]


def _curve(
    record: Trained,
    run: str,
    shown_as: list[str],
    curve: str,
    looks: Looks,
    source: Columns,
) -> Options:
    return charts.line(
        f"{record.architecture}, {record.backend}, {curve}, {run}",
        looks.colors[record.architecture],
        dashed=curve == "training",
        marked=len(source[EPOCH]) <= 20,
        symbol=looks.shapes[record.backend].symbol,
    ) | {
        "facets": {
            "network": [record.architecture],
            "backend": [record.backend],
            "seeds": shown_as,
            "curve": [curve],
        },
        "link": anchor(record),
    }


def tradeoff(records: Sequence[Measured], looks: Looks) -> Chart | None:
    """Return accuracy against training time, as `reports.figures.tradeoff.picture` has it."""
    rows = front.rows(records)[: MOST_GROUPS * 4]
    if not rows:
        return None
    shown = looks.of((row["network"], row["backend"]) for row in rows)
    series: list[Options] = []
    for row in rows:
        at, name = float(f"{row['training_seconds']:.4g}"), f"{row['network']}, {row['backend']}"
        color, shape = shown.colors[row["network"]], shown.shapes[row["backend"]]
        values: dict[str, float] = {SECONDS: at, "test accuracy": round(row["accuracy"], 5)}
        of = {"network": [row["network"]], "backend": [row["backend"]]}
        if interval := row["interval"]:
            low, high = round(interval.low, 5), round(interval.high, 5)
            values |= {"95 %, from": low, "to": high}
            whisker = charts.line(name, color, dashed=False, marked=False)
            series.append(
                whisker
                | {"data": [[at, low], [at, high]], "silent": True, "facets": of}
                | {"tooltip": {"show": False}}
            )
        series.append(
            charts.point(
                name=f"{name}, n = {row['n']}, {row['epochs']} epochs"
                + ", disturbed" * bool(row["disturbed"]),
                label=row["network"],
                color=color,
                symbol=shape.symbol,
                values=values,
                filled=row["on the front"] == "yes",
                dotted=bool(row["disturbed"]),
            )
            | {"facets": of, "link": row["anchor"]}
        )
    series.append(_edge(rows))
    facets = _facets(series)
    return Chart(
        option=charts.points(SECONDS, "test accuracy", series),
        facets=facets,
        chosen=facets,
        colors=dict(shown.colors),
        marks=_marks(shown),
        axes={},
        left_out=0,
        values={},
    )


def _edge(rows: Sequence[dict[str, Any]]) -> Options:
    """Return the line over what nothing is both faster and better than."""
    edge = sorted((row["training_seconds"], row["accuracy"]) for row in rows if row["edge"])
    return (
        charts.line("front", "#888888", dashed=True, marked=False)
        | {"data": [[float(f"{x:.4g}"), round(y, 5)] for x, y in edge], "step": "end"}
        | {"silent": True, "tooltip": {"show": False}, "z": 1}
    )


def _marks(looks: Looks) -> dict[str, str]:
    return {backend: shape.character for backend, shape in looks.shapes.items()}


def _enough(chosen: Sequence[Sequence[Trained]]) -> tuple[str, ...]:
    """Return the first backend, and those without which some network has no curve."""
    of: dict[str, list[str]] = {}
    for group in chosen:
        of.setdefault(group[0].architecture, []).append(group[0].backend)
    first = chosen[0][0].backend
    return tuple(dict.fromkeys([first, *(b[0] for b in of.values() if first not in b)]))


def _facets(series: Sequence[Options]) -> dict[str, tuple[str, ...]]:
    """Return what the series can be chosen by, and every value of it."""
    found: dict[str, dict[str, None]] = {}
    for each in series:
        for facet, values in each.get("facets", {}).items():
            found.setdefault(facet, {}).update(dict.fromkeys(values))
    return {facet: tuple(values) for facet, values in found.items()}


def _run(record: Trained, metrics: Sequence[str]) -> Columns:
    """Return the columns of one run: epochs, seconds and every curve."""
    places = _places(record.epochs)
    seconds = elapsed(record.durations, compilation=True)
    columns: Columns = {
        EPOCH: [place + 1 for place in places],
        SECONDS: [float(f"{seconds[place]:.4g}") for place in places],
    }
    for curve, values in _curves(record.history):
        for metric in metrics:
            series = values.get(metric)
            columns[f"{curve} {metric}"] = [_short(series[p]) for p in places] if series else []
    return {name: column for name, column in columns.items() if column}


def _mean(group: Sequence[Trained], metrics: Sequence[str]) -> Columns:
    """Return the columns of the mean of several runs, with both ends of its 95 % interval."""
    places = _places(group[0].epochs)
    seconds = np.mean([elapsed(r.durations, compilation=True) for r in undisturbed(group)], axis=0)
    columns: Columns = {
        EPOCH: [place + 1 for place in places],
        SECONDS: [float(f"{seconds[place]:.4g}") for place in places],
    }
    for curve in ("training", "validation"):
        for metric in metrics:
            runs = [dict(_curves(record.history))[curve].get(metric) for record in group]
            band = statistics.mean_band(np.array([run for run in runs if run], dtype=float))
            if band is None:
                continue
            for end, values in zip(("", ", 95 % from", ", 95 % to"), band, strict=True):
                shown = [None if np.isnan(values[p]) else _short(values[p]) for p in places]
                columns[f"{curve} {metric}{end}"] = shown
    return columns


def _curves(history: History) -> list[tuple[str, dict[str, Any]]]:
    return [("training", history.train), ("validation", history.validation)]


def _places(epochs: int) -> list[int]:
    """Return the epochs that are shown, counted from 0."""
    if epochs <= MOST_EPOCHS:
        return list(range(epochs))
    return sorted({round(place) for place in np.linspace(0, epochs - 1, MOST_EPOCHS)})


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
