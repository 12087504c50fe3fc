"""From one release to the next: what changed, surely; and numerics exactly."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reports import statistics
from reports.grouping import version_order
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
        old, new = (one.logs(measure) if one else None for one in (before, after))
        sure = _change(old, new, confidence=1 - ERROR / max(len(asked), 1))
        shown = statistics.exponential(_change(old, new, confidence=statistics.CONFIDENCE))
        if not sure or not shown or sure.low <= 0 <= sure.high or abs(sure.estimate) < MATTERS:
            continue
        found.append(
            Step(
                line=line,
                measure=measure,
                before=before.version if before else line.newest,
                version=after.version if after else line.newest,
                change=shown,
            )
        )
    return sorted(found, key=lambda step: -abs(math.log(step.change.estimate)))


def weights_of(line: Line) -> list[tuple[str, str]]:
    """Return versions and the weights of one seed with each, the newest among them, in order.

    Without those that had to be measured with another package beside, which may change them, too.
    """
    told = [release for release in line.releases if release.weights and not release.beside]
    found = [(release.version, release.weights) for release in told]
    if told and told[-1].cell.sides:
        found.insert(_place(line, told), (line.newest, told[-1].cell.sides[1].weights))
    return [(version, weights) for version, weights in found if weights]


def numerics(line: Line) -> Iterator[Numerics]:
    """Yield where the weights of one seed changed, from release to release and to the newest."""
    for (before, old), (version, new) in pairwise(weights_of(line)):
        if old != new:
            yield Numerics(line=line, before=before, version=version)


def _pairs(line: Line) -> Iterator[tuple[Release | None, Release | None]]:
    """Yield neighbours; None is the newest, against which all are measured."""
    everything: list[Release | None] = [*line.releases]
    everything.insert(_place(line, line.releases), None)
    return pairwise(everything)


def _place(line: Line, releases: Sequence[Release]) -> int:
    """Return where among releases the newest belongs: a later one may have been measured, too."""
    return sum(version_order(release.version) <= version_order(line.newest) for release in releases)


def _change(
    old: Sequence[float] | None, new: Sequence[float] | None, *, confidence: float
) -> Interval | None:
    """Return new less old, as logarithms over the newest's; None for fewer than three pairs."""
    if old is None:
        return statistics.mean_interval(new or (), confidence=confidence)
    if new is None:
        return statistics.mean_interval([-value for value in old], confidence=confidence)
    return statistics.difference(old, new, confidence=confidence)


def typical(release: Release, measure: str) -> Interval | None:
    """Return how many times as much as the newest a release takes, with 95 %."""
    return statistics.exponential(statistics.mean_interval(release.logs(measure)))
