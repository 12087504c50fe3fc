"""One network on one backend, and what two sides showed in it so far."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.duel import verdict
from bench.duel.pairs import Clock, Pair, Work
from bench.duel.quality import Quality
from bench.experiment import Experiment


@dataclass(slots=True, kw_only=True)
class Cell:
    """One network on one backend."""

    experiment: Experiment
    pairs: list[Pair] = field(default_factory=list)
    fresh: list[Pair] = field(default_factory=list)
    """That were asked to confirm an alarm, and nothing else."""
    work: Work = field(default_factory=Work)
    quality: Quality = field(default_factory=Quality)
    failure: str | None = None

    @property
    def name(self) -> str:
        """For people; no other cell has it."""
        wanted = self.experiment
        execution = "" if wanted.execution == "default" else wanted.execution
        precision = "" if wanted.precision == "float32" else wanted.precision
        parts = wanted.architecture, wanted.dataset, wanted.backend, execution, precision
        return ", ".join(filter(None, parts))

    @property
    def sound(self) -> list[Pair]:
        """The pairs that are not void."""
        return [pair for pair in self.pairs if pair.cpu is not None]

    @property
    def accelerators(self) -> tuple[str, ...]:
        """Names of those that a side computes on; none: all is done by the CPU."""
        pairs = (*self.pairs, *self.fresh)
        return tuple(dict.fromkeys(name for pair in pairs for name in pair.accelerators))

    @property
    def clock(self) -> Clock:
        """What steady epochs are judged by."""
        return "wall" if self.accelerators else "cpu"

    def confirms(self, measure: str, limit: float) -> bool:
        """Return whether fresh pairs say of a measure that it is more, too."""
        return verdict.confirmed(changes_of(self.fresh, measure), limit)


def changes_of(pairs: Iterable[Pair], measure: str) -> list[float]:
    """Return what the pairs say of a measure, those that do."""
    found: list[float | None] = [getattr(pair, measure) for pair in pairs]
    return [value for value in found if value is not None]
