"""One way to train a network, and what was measured of it so far."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.duel.pairs import CPU
from bench.experiment import Experiment

CONFIDENCE = 0.95
"""Of all comparisons of a race together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Seconds over those of another, with the interval that holds the true ratio."""

    estimate: float
    low: float
    high: float


@dataclass(slots=True, kw_only=True)
class Entrant:
    """A backend with an execution."""

    experiment: Experiment
    rounds: list[list[float]] = field(default_factory=list)
    """Wall seconds of its turns, by generation of processes."""
    first_seconds: list[float] = field(default_factory=list)
    """Of its first turn in each, which compiles."""
    import_seconds: list[float] = field(default_factory=list)
    latency_seconds: list[float] = field(default_factory=list)
    """Of predicting a single sample, typical in each generation."""
    memory_bytes: int = 0
    failure: str | None = None
    in_force: str | None = None
    """How it trains, after all (`bench.protocol.Ready.in_force`)."""
    device: str | None = None
    """What it computes on (`bench.protocol.Ready.device`)."""
    same_as: str | None = None
    """Name of another that trains in the same way: this one is not raced."""

    @property
    def racing(self) -> bool:
        """Whether it may still win."""
        return self.failure is None and self.same_as is None and all(self.rounds)

    @property
    def name(self) -> str:
        """For people: ``jax, tuned``."""
        return f"{self.experiment.backend}, {self.experiment.execution}"

    @property
    def plain(self) -> bool:
        """Whether it is plain `keras.Model.fit`."""
        return self.experiment.execution == "default"

    @property
    def seconds(self) -> float:
        """Typical seconds of a turn: geometric mean over generations."""
        return math.exp(sum(map(math.log, map(median, self.rounds))) / len(self.rounds))

    @property
    def compile_seconds(self) -> float:
        """What its first turn takes beyond a steady one."""
        return max(0.0, median(self.first_seconds or [0.0]) - self.seconds)


def devices(entrants: Iterable[Entrant]) -> tuple[str, ...]:
    """Return a remark on what each backend computes on, where that is not the CPU for all."""
    found = {each.experiment.backend: each.device for each in entrants if each.device}
    if set(found.values()) <= {CPU}:
        return ()
    told = (f"{backend} on {device}" for backend, device in found.items())
    return (f"not all was computed by the CPU: {', '.join(told)}",)


def levels(entrants: Sequence[Entrant], generations: int) -> dict[str, list[float]]:
    """Return each entrant's logarithm of seconds in the last generations that all have.

    Turns of one round are neighbours in time: from each its round's mean is taken away, then the
    median over the rounds says what the generation says.
    """
    found: dict[str, list[float]] = {entrant.name: [] for entrant in entrants}
    for generation in range(-generations, 0):
        logs = [[math.log(s) for s in entrant.rounds[generation]] for entrant in entrants]
        means = [sum(turn) / len(turn) for turn in zip(*logs, strict=True)]
        middle = sum(means) / len(means)
        for entrant, mine in zip(entrants, logs, strict=True):
            found[entrant.name].append(
                middle + median(log - mean for log, mean in zip(mine, means, strict=True))
            )
    return found


def ratios(levels: Mapping[str, Sequence[float]], looks: int) -> dict[tuple[str, str], Ratio]:
    """Return how many times as long as each entrant each other takes, by their names.

    J. W. Tukey, "The problem of multiple comparisons", 1953, for blocks, the generations: what is
    common to one takes no part. All intervals hold together, and at every one of so many ``looks``
    (C. E. Bonferroni). ``levels`` are logarithms, one a generation.
    """
    import numpy as np
    from scipy import stats

    names, values = list(levels), np.array(list(levels.values()))
    ways, generations = values.shape
    if ways < 2 or generations < 2:
        return {}
    means = values.mean(axis=1)
    rest = values - means[:, None] - values.mean(axis=0) + values.mean()
    freedom = (ways - 1) * (generations - 1)
    error = math.sqrt(float((rest**2).sum()) / freedom / generations)
    sure = 1 - (1 - CONFIDENCE) / looks
    half = error * float(stats.studentized_range.ppf(sure, ways, freedom))
    return {
        (one, other): Ratio(
            estimate=math.exp(means[i] - means[j]),
            low=math.exp(means[i] - means[j] - half),
            high=math.exp(means[i] - means[j] + half),
        )
        for i, one in enumerate(names)
        for j, other in enumerate(names)
        if i != j
    }
