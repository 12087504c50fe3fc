"""Where a series changed: numerics exactly, qualities by seed, times and sizes by statistics.

The chance that a history without any change raises an alarm is `ERROR`, over all of its series,
metrics and points, by C. E. Bonferroni's inequality. Stored runs are of different days, so that
the unit of times and sizes is the commit or version, not its runs: those share a day and what the
machine did on it.
"""

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from reports import statistics
from reports.gate.comparable import recipe_difference
from reports.gate.judge import resolution
from reports.gate.limits import Gate
from reports.schema.metrics import BY_NAME
from reports.statistics import Interval
from reports.trend.series import Point, Series

ERROR = 0.01
"""Chance of any alarm where nothing changed: one half for qualities, one for times and sizes."""
FEWEST = 2
"""Points on either side of a change of times and sizes: one alone may be a bad day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is other from one commit or version on."""

    series: Series
    metric: str | None
    """None: the numerics."""
    before: str
    """Label of the last point without it."""
    label: str
    """Of the first with it."""
    change: Interval | None = None
    """Of a quality, head less base; of a time or size, the ratio; with 95 %. None of numerics."""
    remark: str = ""


def changes(all_series: Sequence[Series], gate: Gate) -> list[Change]:
    """Return all changes, the numerics of each series first."""
    judged = [name for name in gate.effects if BY_NAME[name].kind != "quality"]
    costs = [(one, name) for one in all_series for name in judged if one.typical(name)]
    scores = [
        (one, name, pair)
        for one in all_series
        for name in gate.effects
        if BY_NAME[name].kind == "quality"
        for pair in _neighbours(one)
        if len(_shared(pair, name)) >= statistics.FEWEST
    ]
    found = [change for one in all_series for change in numerics(one)]
    for one, name, pair in scores:
        found += _quality(one, name, pair, gate, questions=len(scores))
    for one, name in costs:
        found += _cost(one, name, gate, questions=len(costs))
    order = {id(one): place for place, one in enumerate(all_series)}
    return sorted(found, key=lambda change: order[id(change.series)])


def numerics(one: Series) -> Iterator[Change]:
    """Yield where equal seeds first end with other weights: exact, without statistics.

    Each seed is compared with the last point that had it since the last change.
    """
    last: dict[int, tuple[int, set[str]]] = {}
    for place, point in enumerate(one.points):
        steady = {seed: sums for seed, sums in point.weights().items() if len(sums) == 1}
        seeds = sorted(steady.keys() & last.keys())
        other = [seed for seed in seeds if last[seed][1] != steady[seed]]
        if other:
            before = one.points[max(last[seed][0] for seed in other)]
            recipe = recipe_difference(before.runs[-1], point.runs[-1])
            yield Change(
                series=one,
                metric=None,
                before=before.label,
                label=point.label,
                remark=f"{len(other)} of {len(seeds)} seeds" + (f"; {recipe}" if recipe else ""),
            )
            last = {}
        last |= {seed: (place, sums) for seed, sums in steady.items()}


def repeated(one: Series) -> list[str]:
    """Return the labels of the points of which some seed's weights are known of another, too."""
    seeds = Counter(seed for point in one.points for seed in point.weights())
    return [p.label for p in one.points if any(seeds[seed] > 1 for seed in p.weights())]


def unsteady(one: Series) -> list[str]:
    """Return the labels of points whose runs of one seed do not end with the same weights."""
    return [p.label for p in one.points if any(len(sums) > 1 for sums in p.weights().values())]


def _neighbours(one: Series) -> Iterator[tuple[Point, Point]]:
    return itertools.pairwise(one.points)


def _shared(pair: tuple[Point, Point], metric: str) -> list[tuple[float, float]]:
    """Return the scores of the seeds that both have."""
    before, after = (point.by_seed(metric) for point in pair)
    return [(before[seed], after[seed]) for seed in sorted(before.keys() & after.keys())]


def _quality(
    one: Series, metric: str, pair: tuple[Point, Point], gate: Gate, *, questions: int
) -> Iterator[Change]:
    if recipe_difference(pair[0].runs[-1], pair[1].runs[-1]):  # on other data, above all
        return
    old, new = zip(*_shared(pair, metric), strict=True)
    step = max(resolution(metric, run) for point in pair for run in point.runs)
    sure = statistics.paired_difference(
        old, new, confidence=1 - ERROR / 2 / questions, resolution=step
    )
    tolerated = gate.tolerated * gate.effects[metric].of(float(np.mean(old)))
    if sure and (sure.low > tolerated or sure.high < -tolerated):
        yield Change(
            series=one,
            metric=metric,
            before=pair[0].label,
            label=pair[1].label,
            change=statistics.paired_difference(old, new, confidence=0.95, resolution=step),
            remark=f"{len(old)} seeds",
        )


def _cost(one: Series, metric: str, gate: Gate, *, questions: int) -> Iterator[Change]:
    labels, values = zip(*one.typical(metric), strict=True)
    if len(values) < 2 * FEWEST or min(values) <= 0:
        return
    logs = np.log(values)
    # Every place is a question, whichever is the likeliest.
    alpha = ERROR / 2 / questions / (len(values) - 2 * FEWEST + 1)
    places = [0, *splits(logs, alpha), len(logs)]
    for start, place, end in zip(places, places[1:], places[2:], strict=False):
        before, after = logs[start:place], logs[place:end]
        ratio = after.mean() - before.mean()
        base = float(np.exp(before.mean()))
        if abs(math.expm1(ratio)) * base < gate.tolerated * gate.effects[metric].of(base):
            continue
        half = _student(0.05, before, after)
        yield Change(
            series=one,
            metric=metric,
            before=labels[place - 1],
            label=labels[place],
            change=Interval(
                estimate=math.exp(ratio), low=math.exp(ratio - half), high=math.exp(ratio + half)
            ),
            remark=f"{len(before)} before, {len(after)} after",
        )


def splits(values: np.ndarray, alpha: float) -> list[int]:
    """Return the numbers of the values from which on the mean is surely another, in order.

    Binary segmentation (`ruptures.Binseg`: the split that leaves the least squares, which is that
    of the largest t), taken where Student's t test with the error ``alpha`` says so, and again on
    both sides of it (A. J. Scott and M. Knott, 1974).
    """
    import ruptures  # a second of imports

    if len(values) < 2 * FEWEST or not np.ptp(values):
        return []
    fitted = ruptures.Binseg(model="l2", min_size=FEWEST, jump=1).fit(values)
    place = fitted.predict(n_bkps=1)[0]
    before, after = values[:place], values[place:]
    if abs(after.mean() - before.mean()) <= _student(alpha, before, after):
        return []
    later = [place + number for number in splits(after, alpha)]
    return [*splits(before, alpha), place, *later]


def _student(alpha: float, before: np.ndarray, after: np.ndarray) -> float:
    """Return how far apart two means may be by chance, with that two-sided error."""
    freedom = len(before) + len(after) - 2
    squares = len(before) * before.var() + len(after) * after.var()
    spread = math.sqrt(squares / freedom * (1 / len(before) + 1 / len(after)))
    return float(stats.t.ppf(1 - alpha / 2, freedom)) * spread


def metrics_of(all_series: Iterable[Series], gate: Gate) -> list[str]:
    """Return the judged metrics that some series has at two points or more."""
    return [name for name in gate.effects if any(len(s.typical(name)) > 1 for s in all_series)]
