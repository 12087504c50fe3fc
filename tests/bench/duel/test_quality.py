"""Whether both sides learn the same, on real trainings."""

from dataclasses import replace

import pytest

from bench import backends
from bench.duel import quality as qualities
from bench.duel.contender import SideFailedError
from bench.duel.quality import EQUAL, Quality
from bench.duel.sides import Side
from bench.executors.process import HERE, Runner
from bench.experiment import Experiment
from tests.builders import tiny

SAME = Side(name=".", installation=HERE, change=lambda experiment: experiment)
OTHER = Side(name="less", installation=HERE, change=lambda one: replace(one, batch_size=8))
BAD = Side(name="bad", installation=HERE, change=lambda one: replace(one, architecture="none"))


@pytest.fixture
def experiment() -> Experiment:
    return tiny("tabular_mlp", backends.installed()[-1], epochs=2)


def test_equal_sides_are_equal_to_the_bit(runner: Runner, experiment: Experiment) -> None:
    quality = Quality()
    qualities.compare_numerics(quality, (SAME, SAME), (runner, runner), experiment)
    assert quality.numerics == EQUAL
    assert not quality.changed


def test_what_differs_is_trained_with_the_same_seeds(
    runner: Runner, experiment: Experiment
) -> None:
    quality = Quality()
    sides, runners = (SAME, OTHER), (runner, runner)
    qualities.compare_numerics(quality, sides, runners, experiment)
    assert quality.numerics.startswith("CHANGED, first in epoch 1, loss by ")
    assert quality.changed
    for _ in range(2):
        qualities.add_seed(quality, sides, runners, experiment)
    assert quality.seeds == 2
    for metric in qualities.METRICS:
        assert len(quality.base[metric]) == len(quality.head[metric]) == 2
        assert quality.base[metric][0] != quality.base[metric][1], "another seed"
        sign = 1 if metric == "loss" else -1
        head, base = quality.head[metric][1], quality.base[metric][1]
        assert quality.worse(metric)[1] == pytest.approx(sign * (head - base))


def test_a_side_that_cannot_train_is_named(runner: Runner, experiment: Experiment) -> None:
    with pytest.raises(SideFailedError, match=r"^bad: "):
        qualities.compare_numerics(Quality(), (SAME, BAD), (runner, runner), experiment)
