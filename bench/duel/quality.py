"""Whether both sides learn the same: to the bit, or else how far apart over seeds."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from bench.duel.contender import SideFailedError
from bench.duel.sides import Side
from bench.executors.process import Runner
from bench.experiment import Experiment
from reports.schema import duel
from reports.schema.record import Trained

SEEDS = (6, 10, 15)
"""Numbers of seeds after which it is asked whether losses and accuracies are settled."""
TEST_SAMPLES = 1024
"""Of the trainings over seeds, at least: a smoke test's few tell accuracies apart by percents."""
METRICS = ("loss", "accuracy")
EQUAL = "equal, to the bit"


@dataclass(slots=True, kw_only=True)
class Quality:
    """What is known of one network on one backend."""

    numerics: str = "not compared"
    """For people: equal to the bit, or the epoch in which the sides part."""
    changed: bool = False
    seeds: int = 0
    """That both sides were trained with, where numerics changed."""
    broken: str | None = None
    """How the head's losses are worse than any number."""
    base: dict[str, list[float]] = field(default_factory=dict)
    """On the test subset, by metric, a value for each seed; likewise the head's."""
    head: dict[str, list[float]] = field(default_factory=dict)
    sides: tuple[duel.Side, duel.Side] | None = None
    """Base and head: what they ran with, and what one seed gave."""

    def worse(self, metric: str) -> list[float]:
        """Return by how much the head is worse, for each seed."""
        sign = 1 if metric == "loss" else -1
        pairs = zip(self.head.get(metric, ()), self.base.get(metric, ()), strict=True)
        return [sign * (head - base) for head, base in pairs]


def compare_numerics(
    quality: Quality, sides: Sequence[Side], runners: Sequence[Runner], experiment: Experiment
) -> None:
    """Train both sides with one seed. Raises `SideFailedError`."""
    base, head = _trained(sides, runners, replace(experiment, cores=None))
    quality.numerics = same(base, head)
    quality.changed = quality.numerics != EQUAL
    quality.sides = _facts(base), _facts(head)


def _facts(record: Trained) -> duel.Side:
    packages = record.environment.packages
    return duel.Side(packages=packages, weights=record.weights, test=record.test)


def add_seed(
    quality: Quality, sides: Sequence[Side], runners: Sequence[Runner], experiment: Experiment
) -> None:
    """Train both sides with one seed more. Raises `SideFailedError`."""
    wanted = replace(
        experiment,
        seed=quality.seeds,
        cores=None,
        test_samples=max(experiment.test_samples or 0, TEST_SAMPLES),
    )
    records = _trained(sides, runners, wanted)
    for metric in METRICS:
        if not all(metric in record.test for record in records):
            continue  # of a regression, say
        base, head = (record.test[metric] for record in records)
        if base is not None and head is not None:
            quality.base.setdefault(metric, []).append(base)
            quality.head.setdefault(metric, []).append(head)
        elif base is not None:
            quality.broken = f"the {metric} of seed {quality.seeds} is not finite"
    quality.seeds += 1


def _trained(
    sides: Sequence[Side], runners: Sequence[Runner], experiment: Experiment
) -> tuple[Trained, Trained]:
    pool = ThreadPoolExecutor(len(sides))
    try:
        records = list(
            pool.map(lambda side, runner: runner.run(side.change(experiment)), sides, runners)
        )
    finally:
        pool.shutdown(wait=False)  # whoever is interrupted ends the runners, and they their threads
    trained = []
    for side, record in zip(sides, records, strict=True):
        if not isinstance(record, Trained):
            raise SideFailedError(f"{side.name}: {getattr(record, 'reason', 'gave no result')}")
        trained.append(record)
    return trained[0], trained[1]


def same(base: Trained, head: Trained) -> str:
    """Return whether two trainings are one, or in which epoch they part, and by how much."""
    if base.weights == head.weights and base.history == head.history:
        return EQUAL
    for epoch, (old, new) in enumerate(
        zip(base.history.train["loss"], head.history.train["loss"], strict=False), 1
    ):
        if old != new:
            apart = "" if old is None or new is None else f", loss by {abs(new - old):.1e}"
            return f"CHANGED, first in epoch {epoch}{apart}"
    return "CHANGED, after the losses"
