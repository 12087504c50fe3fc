"""The ways to execute an epoch: faster, never different."""

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from architectures.registry import ARCHITECTURES
from architectures.spec import Architecture
from bench import backends, execution
from bench.comparisons import SHORT
from bench.executors.process import Runner
from bench.experiment import Experiment
from bench.protocol import Paths
from datasets.registry import BY_NAME as DATASETS
from reports.schema.metrics import recordable
from reports.schema.record import Trained
from tests.builders import planned, trained

Run = Callable[[Experiment], Trained]


@pytest.fixture(scope="module")
def run(runner: Runner) -> Run:
    """Return a function that runs an experiment once, however often it is asked for."""
    return functools.cache(lambda experiment: trained(runner.run(experiment)))


def short(networks: list[str], backend: str, executions: list[str]) -> tuple[Experiment, ...]:
    """Return experiments of two whole batches of the recipe and a ragged one.

    Of one network with all metrics of the recipe: each takes compiling.
    """
    experiments = planned(
        profile="smoke", backends=[backend], networks=networks, epochs=2, executions=executions
    )
    sizes = [SHORT[DATASETS[experiment.dataset].modality] for experiment in experiments]
    return tuple(
        dataclasses.replace(
            experiment,
            train_samples=train,
            test_samples=test,
            metrics=experiment.metrics if networks == ["tabular_mlp"] else ("accuracy",),
        )
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
@pytest.mark.parametrize("network", ["tabular_mlp", "tabular_cnn", "tabular_rnn"])
def test_single_settings_train_as_the_default_does(run: Run, network: str, backend: str) -> None:
    tuned = execution.resolve("tuned", backend=backend, kind=network.removeprefix("tabular_"))
    single = [name for name in execution.BY_NAME if name != tuned.name]  # see the test before
    default, *others = (run(experiment) for experiment in short([network], backend, single))
    for other in others:
        chosen = execution.BY_NAME[other.execution]
        # XLA on TensorFlow draws other masks of dropout from the same seed.
        other_masks = backend == "tensorflow" and chosen.jit_compile is True
        assert other.history.train["loss"] == pytest.approx(
            default.history.train["loss"], rel=0.05 if other_masks else 1e-4
        )
        assert other.environment.steps_per_execution == chosen.steps_per_execution
        if chosen.jit_compile != "auto":
            assert other.environment.jit_compile == chosen.jit_compile


@pytest.mark.parametrize("backend", backends.installed())
def test_without_dropout_a_compiler_changes_nothing(run: Run, backend: str) -> None:
    default, compiled = (
        run(experiment) for experiment in short(["image_cnnx"], backend, ["default", "jit"])
    )
    loss = compiled.history.train["loss"]
    assert loss == pytest.approx(default.history.train["loss"], rel=1e-4)


@pytest.mark.parametrize("backend", backends.installed())
@pytest.mark.parametrize(
    ("network", "chosen"),
    [("tabular_mlp", "default"), ("tabular_cnn", "tuned"), ("tabular_rnn", "tuned")],
)
def test_mixed_precision_trains_every_kind(
    run: Run, runner: Runner, network: str, chosen: str, backend: str, tmp_path: Path
) -> None:
    (float32,) = short([network], backend, [chosen])
    mixed = dataclasses.replace(
        float32, precision="mixed_bfloat16", metrics=tuple(recordable(2)), cores=1
    )
    paths = Paths(predictions=str(tmp_path / "kept.npz"))
    record = trained(runner.run(mixed, paths=paths))
    assert record.environment.dtype_policy == "mixed_bfloat16"
    assert set(record.test) == {"loss", *recordable(2)}
    # Eight bits of mantissa, a few steps: near, and not the same.
    assert record.test["loss"] == pytest.approx(run(float32).test["loss"], rel=0.1)
    assert record.history.train["loss"] != run(float32).history.train["loss"]
    with np.load(tmp_path / "kept.npz") as kept:
        probabilities = kept["probabilities"]
    assert probabilities.dtype == np.float32
    assert len(np.unique(probabilities.view(np.uint32) & 0xFFFF)) > 1, "rounded to bfloat16"


def test_every_kind_on_every_training_backend_has_a_tuned_execution() -> None:
    for backend in backends.installed():
        for kind in ("mlp", "cnn", "rnn"):
            found = execution.resolve("tuned", backend=backend, kind=kind)
            assert found.program != "fit"
