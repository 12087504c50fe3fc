"""Backends that only predict."""

from pathlib import Path

import pytest

from bench import backends
from bench.executors.process import Runner
from reports.load import load
from reports.schema.record import Predicted
from tests.builders import planned
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
