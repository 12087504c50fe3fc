"""From one release to the next: what changed, surely; and numerics exactly."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reports import statistics
from reports.statistics import Interval
from reports.versions.releases import MEASURES, Line, Release

ERROR = 0.01
"""Chance that anything is said of a change between equal releases, over the whole page."""
MATTERS = math.log1p(0.05)
"""Changes below five percent are not told, however sure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A change between neighbouring releases."""

    line: Line
    measure: str
    before: str
    version: str
    """The first release with it."""
    change: Interval
    """How many times as much it takes, with 95 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numerics:
    """Where one seed first ends with other weights."""

    line: Line
    before: str
    version: str


def steps(lines: Sequence[Line]) -> list[Step]:
    """Return the sure changes, the largest first."""
    asked = [
        (line, measure, *pair) for line in lines for measure in MEASURES for pair in _pairs(line)
    ]
    found = []
    for line, measure, before, after in asked:
        old = before.logs(measure)
        new = after.logs(measure) if after else None
        sure = _change(old, new, confidence=1 - ERROR / max(len(asked), 1))
        shown = _change(old, new, confidence=0.95)
        if not sure or not shown or sure.low <= 0 <= sure.high or abs(sure.estimate) < MATTERS:
            continue
        found.append(
            Step(
                line=line,
                measure=measure,
                before=before.version,
                version=after.version if after else line.newest,
                change=Interval(
                    estimate=math.exp(shown.estimate),
                    low=math.exp(shown.low),
                    high=math.exp(shown.high),
                ),
            )
        )
    return sorted(found, key=lambda step: -abs(math.log(step.change.estimate)))


def numerics(line: Line) -> Iterator[Numerics]:
    """Yield where the weights of one seed changed, from release to release and to the newest."""
    told = [release for release in line.releases if release.weights and not release.beside]
    for before, after in pairwise(told):
        if before.weights != after.weights:
            yield Numerics(line=line, before=before.version, version=after.version)
    if told and told[-1].cell.sides and told[-1].weights != told[-1].cell.sides[1].weights:
        yield Numerics(line=line, before=told[-1].version, version=line.newest)


def _pairs(line: Line) -> Iterator[tuple[Release, Release | None]]:
    """Yield neighbours, the newest last, which is None: all are measured against it."""
    yield from pairwise(line.releases)
    yield line.releases[-1], None


def _change(
    old: Sequence[float], new: Sequence[float] | None, *, confidence: float
) -> Interval | None:
    """Return new less old, as logarithms; None for fewer than three pairs."""
    if new is not None:
        return statistics.difference(old, new, confidence=confidence)
    return statistics.mean_interval([-value for value in old], confidence=confidence)


def typical(release: Release, measure: str) -> Interval | None:
    """Return how many times as much as the newest a release takes, with 95 %."""
    found = statistics.mean_interval(release.logs(measure))
    if found is None:
        return None
    return Interval(
        estimate=math.exp(found.estimate), low=math.exp(found.low), high=math.exp(found.high)
    )
