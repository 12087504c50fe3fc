"""Prediction, and backends that do nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from bench import backends
from bench.executors.process import Runner
from reports.load import load
from reports.schema.record import Predicted
from tests.builders import ROOT, planned, tiny
from tests.conftest import Suite


@pytest.mark.parametrize("backend", backends.installed(trains=False))
def test_a_backend_that_only_predicts_is_timed_and_trains_nothing(
    runner: Runner, backend: str
) -> None:
    experiments = planned(
        profile="smoke",
        backends=[backend],
        networks=["tabular_cnn"],
        executions=["default", "tuned"],
        precisions=["float32", "mixed_bfloat16", "auto"],
    )
    assert [e.precision for e in experiments] == ["float32", *["auto"] * (backend == "openvino")]
    for experiment in experiments:
        record = runner.run(experiment)
        assert isinstance(record, Predicted), record
        assert record.epochs == 0
        assert record.network.parameters == 7829
        assert len(record.durations.latency_seconds) >= 3
        assert record.durations.predicted_samples == 1024


def test_they_are_left_out_unless_named() -> None:
    assert {e.backend for e in planned(profile="smoke")} == set(backends.installed())


def test_a_run_of_them_ends_well(inline_suite: Suite, tmp_path: Path) -> None:
    predicting = backends.installed(trains=False)
    done = inline_suite("--backends", ",".join(predicting), "--networks", "tabular_mlp")
    assert done.returncode == 0, done.stdout
    assert "NOT SAVED" not in done.stdout
    records = load([tmp_path / "records"]).records
    assert {record.backend for record in records} == set(predicting)


SPY = """
import msgspec, sys
from bench.experiment import Experiment
from bench.worker import setup
for text in sys.argv[1:]:
    experiment = msgspec.json.decode(text, type=Experiment)
    setup.begin(experiment)
    import keras
    from bench.worker import workload
    built = workload.of(experiment)
    layer = keras.layers.Activation
    before, calls = layer.call, []
    layer.call = lambda self, x: calls.append(self) or before(self, x)
    for _ in range(3):
        built.predictor.predict_on_batch(built.x_test[:1])
    layer.call = before
    print(built.model.jit_compile, built.predictor.jit_compile, len(calls))
"""


@pytest.mark.parametrize("backend", backends.installed())
def test_predictions_are_compiled_as_the_execution_says(backend: str) -> None:
    asked = [tiny("tabular_mlp", backend, execution=name) for name in ("jit", "nojit", "default")]
    done = subprocess.run(
        [sys.executable, "-c", SPY, *(msgspec.json.encode(each).decode() for each in asked)],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    traced = "3" if backend == "jax" else "1"  # TensorFlow makes a graph, which it runs without XLA
    jit, nojit, default = done.stdout.splitlines()
    assert jit == "True True 1"
    assert nojit == f"False False {traced}"
    assert default in ("True True 1", "False False 1")
