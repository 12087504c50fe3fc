"""Backends that only predict."""

import pytest

from bench import backends
from bench.isolation import Runner
from bench.plan import plan


@pytest.mark.parametrize("backend", backends.installed(trains=False))
def test_a_backend_that_only_predicts_is_timed_and_trains_nothing(backend: str) -> None:
    experiments = plan(
        profile="smoke",
        backends=[backend],
        networks=["tabular_cnn"],
        executions=["default", "tuned"],
        precisions=["float32", "mixed_bfloat16", "auto"],
    )
    assert [e.precision for e in experiments] == ["float32", *["auto"] * (backend == "openvino")]
    with Runner() as runner:
        for experiment in experiments:
            record = runner.run(experiment)
            assert record.status == "ok", record.log
            assert (record.epochs, record.history, record.test) == (0, None, None)
            assert record.network
            assert record.network.parameters == 7829
            assert record.durations
            assert len(record.durations.latency_seconds) >= 3
            assert record.durations.predicted_samples == 1024
            assert record.environment
            assert record.environment.limits


def test_they_are_left_out_unless_named() -> None:
    assert {e.backend for e in plan(profile="smoke")} == set(backends.installed())
