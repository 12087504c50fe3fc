"""The ways to execute an epoch: faster, never different."""

import dataclasses
import functools
from collections.abc import Callable

import pytest

from architectures.registry import ARCHITECTURES
from architectures.spec import Architecture
from bench import backends, execution
from bench.comparisons import SHORT
from bench.executors.process import Runner
from bench.experiment import Experiment
from datasets.registry import BY_NAME as DATASETS
from reports.schema.record import Trained
from tests.builders import planned, trained

Run = Callable[[Experiment], Trained]


@pytest.fixture(scope="module")
def run(runner: Runner) -> Run:
    """Return a function that runs an experiment once, however often it is asked for."""
    return functools.cache(lambda experiment: trained(runner.run(experiment)))


def short(networks: list[str], backend: str, executions: list[str]) -> tuple[Experiment, ...]:
    """Return experiments of two whole batches of the recipe and a ragged one."""
    experiments = planned(
        profile="smoke", backends=[backend], networks=networks, epochs=2, executions=executions
    )
    sizes = [SHORT[DATASETS[experiment.dataset].modality] for experiment in experiments]
    return tuple(
        dataclasses.replace(experiment, train_samples=train, test_samples=test)
        for experiment, (train, test) in zip(experiments, sizes, strict=True)
    )


@pytest.mark.parametrize("backend", backends.installed())
@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda a: a.name)
def test_tuned_trains_as_the_default_does(
    run: Run, architecture: Architecture, backend: str
) -> None:
    default, tuned = (
        run(experiment) for experiment in short([architecture.name], backend, ["default", "tuned"])
    )
    assert len(default.confusion) == len(DATASETS[default.dataset].classes)
    for name, series in default.history.train.items():
        assert tuned.history.train[name] == pytest.approx(series, rel=1e-4), name
    for name, series in default.history.validation.items():
        assert tuned.history.validation[name] == pytest.approx(series, rel=1e-4), name
    assert tuned.history.train["loss"][0] != tuned.history.train["loss"][1]
    assert tuned.fingerprint != default.fingerprint


@pytest.mark.parametrize("backend", backends.installed())
@pytest.mark.parametrize("name", [e.name for e in execution.EXECUTIONS if e.name != "default"])
def test_single_settings_train_as_the_default_does(run: Run, name: str, backend: str) -> None:
    # A network without dropout: XLA on TensorFlow draws other masks from the same seed.
    default, other = (
        run(experiment) for experiment in short(["image_cnnx"], backend, ["default", name])
    )
    assert other.history.train["loss"] == pytest.approx(default.history.train["loss"], rel=1e-4)
    chosen = execution.BY_NAME[name]
    assert other.environment.steps_per_execution == chosen.steps_per_execution
    if chosen.jit_compile != "auto":
        assert other.environment.jit_compile == chosen.jit_compile


def test_every_kind_on_every_training_backend_has_a_tuned_execution() -> None:
    for backend in backends.installed():
        for kind in ("mlp", "cnn", "rnn"):
            found = execution.resolve("tuned", backend=backend, kind=kind)
            assert found.program != "fit"
