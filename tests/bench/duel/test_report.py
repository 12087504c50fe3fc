"""From pairs to verdicts, sentences and an exit status."""

import random
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from bench.duel import ending, report
from bench.duel.arena import Arena
from bench.duel.contest import Contest
from bench.duel.pairs import Pair, Work
from bench.duel.sides import Side
from bench.duel.verdict import FEWEST
from bench.executors.process import HERE, Runner
from bench.experiment import Experiment
from reports.schema.duel import Side as Facts
from tests.builders import tiny

SIDE = Side(name=".", installation=HERE, change=lambda experiment: experiment)


def arena_in(folder: Path, runner: Runner) -> Arena:
    """Return one whose sides are alike, and in which nothing has been started."""
    return Arena(
        sides=(SIDE, SIDE),
        runners=(runner, runner),
        cores=(0,),
        others=(),
        folder=folder,
        chance=random.Random(0),
    )


def pair(devices: tuple[str, ...] = (), /, **changes: float | None) -> Pair:
    names = "cpu", "wall", "first", "latency", "memory", "importing"
    same = dict.fromkeys(names, 0.0)
    values = {**same, **changes}
    noise = {n: None if v is None else v + random.gauss(0, 0.005) for n, v in values.items()}
    return Pair(**noise, devices=devices, training=(), predicting=())  # type: ignore[arg-type]


@pytest.fixture
def contest(runner: Runner, tmp_path: Path) -> Contest:
    """Return one of two cells that has yet to begin."""
    random.seed(0)
    experiments = [tiny(name, "jax") for name in ("tabular_mlp", "tabular_cnn")]
    return Contest(arena_in(tmp_path, runner), experiments, log=tmp_path / "log")


def fill(contest: Contest, devices: tuple[str, ...] = (), /, **changes: float | None) -> None:
    """Let both cells have their pairs, of which the first has changed."""
    first, second = contest.cells
    first.pairs = [pair(devices, **changes) for _ in range(FEWEST)]
    second.pairs = [pair() for _ in range(FEWEST)]


def test_nothing_is_slower(contest: Contest) -> None:
    fill(contest)
    outcome = contest.outcome()
    assert report.status(outcome) == ending.FINE
    assert report.text(outcome).count("not slower") >= 2


def test_slower_fails_only_if_fresh_pairs_say_so(contest: Contest) -> None:
    fill(contest, cpu=0.1)
    assert report.status(contest.outcome()) == ending.NOT_SETTLED
    contest.cells[0].fresh = [pair() for _ in range(FEWEST)]
    assert report.status(contest.outcome()) == ending.NOT_SETTLED
    contest.cells[0].fresh = [pair(cpu=0.1) for _ in range(FEWEST)]
    assert report.status(contest.outcome()) == ending.SLOWER
    assert "slower +1" in report.text(contest.outcome())


def test_an_accelerator_is_judged_by_wall_time(contest: Contest) -> None:
    devices = ("cpu", "NVIDIA H100")
    fill(contest, devices, wall=0.1)
    contest.cells[0].fresh = [pair(devices, wall=0.1) for _ in range(FEWEST)]
    outcome = contest.outcome()
    assert report.status(outcome) == ending.SLOWER
    assert outcome.together["jax"].change > 0.03
    told = report.text(outcome)
    assert (
        "By wall time, since CPU time does not see what NVIDIA H100 does: "
        "tabular_mlp, miniboone, jax\n" in told
    )
    found = report.record(outcome, "a", "b", cores=1, started_at="2026-11-26T12:00:00.000+00:00")
    assert [cell.accelerators for cell in found.cells] == [("NVIDIA H100",), ()]
    fill(contest, devices, cpu=0.1)
    assert report.status(contest.outcome()) == ending.FINE


def test_a_cpu_is_judged_by_cpu_time(contest: Contest) -> None:
    fill(contest, ("cpu", "cpu"), wall=0.1)
    assert report.status(contest.outcome()) == ending.FINE
    assert "By wall time" not in report.text(contest.outcome())


@pytest.mark.parametrize(
    ("measure", "name"),
    [
        ("importing", "import"),
        ("first", "first epochs"),
        ("latency", "latency"),
        ("memory", "peak memory"),
    ],
)
def test_what_is_more_besides_fails_if_fresh_pairs_say_so(
    contest: Contest, measure: str, name: str
) -> None:
    fill(contest, **{measure: 0.3})
    assert report.status(contest.outcome()) == ending.FINE
    contest.cells[0].fresh = [pair(**{measure: 0.3}) for _ in range(FEWEST)]
    assert report.status(contest.outcome()) == ending.SLOWER
    assert f"tabular_mlp, miniboone, jax: MORE {name}: +3" in report.text(contest.outcome())


def test_what_learns_worse_fails(contest: Contest) -> None:
    fill(contest)
    quality = contest.cells[0].quality
    quality.changed, quality.seeds = True, 6
    quality.base = {"accuracy": [0.9 + 0.001 * i for i in range(6)], "loss": [0.3] * 6}
    quality.head = {"accuracy": [0.8 + 0.0012 * i for i in range(6)], "loss": [0.3] * 6}
    outcome = contest.outcome()
    assert outcome.quality["accuracy", contest.cells[0].name].verdict == "slower"
    assert report.status(outcome) == ending.SLOWER
    assert "accuracy over 6 seeds: WORSE, change for the worse +0.099" in report.text(outcome)
    quality.head["accuracy"] = quality.base["accuracy"]
    assert report.status(contest.outcome()) == ending.FINE
    quality.broken = "the loss of seed 3 is not finite"
    assert report.status(contest.outcome()) == ending.SLOWER
    assert "WORSE: the loss of seed 3 is not finite" in report.text(contest.outcome())


def test_numerics_that_changed_are_not_fine_before_seeds_were_trained(contest: Contest) -> None:
    fill(contest)
    quality = contest.cells[0].quality
    quality.changed, quality.numerics = True, "CHANGED, first in epoch 1"
    assert report.status(contest.outcome()) == ending.NOT_SETTLED
    assert "after training with 0 of 6 seeds: whether it learns worse is not known" in report.text(
        contest.outcome()
    )
    quality.broken = "the loss of seed 0 is not finite"
    assert "not known" not in report.text(contest.outcome())


def test_all_networks_together_are_all_of_them(contest: Contest) -> None:
    fill(contest, cpu=0.028)
    contest.cells[1].pairs = []
    assert contest.outcome().together["jax"].verdict == "not settled"
    contest.cells[1].failure = "HEAD: it broke"
    assert not contest.outcome().together, "one network is not several"
    assert report.status(contest.outcome()) == ending.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted(Arena):
    """One whose pairs are made up: of each network those that are due, then equal sides."""

    due: dict[str, list[Pair]]

    def measure(self, experiment: Experiment, work: Work) -> Pair:
        waiting = self.due[experiment.architecture]
        return waiting.pop(0) if waiting else pair()


def test_what_fresh_pairs_deny_is_asked_again_after_more_pairs(
    runner: Runner, tmp_path: Path
) -> None:
    random.seed(0)
    due = {"tabular_mlp": [pair(cpu=0.1) for _ in range(FEWEST)]}  # and no later ones
    empty = arena_in(tmp_path, runner)
    arena = Scripted(due=due, **{each.name: getattr(empty, each.name) for each in fields(empty)})
    contest = Contest(arena, [tiny("tabular_mlp", "jax")], log=tmp_path / "log")
    (cell,) = contest.cells
    facts = Facts(packages={}, weights=None, test={})
    cell.quality.sides, cell.quality.numerics = (facts, facts), "equal, to the bit"
    outcome = contest.run(60)
    assert len(cell.fresh) >= FEWEST, "they were asked, and said no"
    assert len(cell.pairs) > FEWEST, "so more pairs were"
    assert outcome.steady[cell.name].verdict == "not slower"
    assert report.status(outcome) == ending.FINE


def test_void_pairs_and_too_few_do_not_settle(contest: Contest) -> None:
    fill(contest, cpu=None, wall=None)
    outcome = contest.outcome()
    assert report.status(outcome) == ending.NOT_SETTLED
    assert f"0 and {FEWEST} void" in report.text(outcome)
    contest.cells[0].failure = "HEAD: it broke"
    assert report.status(contest.outcome()) == ending.FAILED
