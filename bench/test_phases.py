"""The benchmarks: an experiment is run once, and each of its phases is one test.

The durations are the worker's own; `bench.worker.benchmark` says what each phase holds.
"""

from collections.abc import Callable

from bench.replay import Phase
from reports.schema.record import Fitted, Measured, Predicted, Trained


def test_build(phase: Callable[[Phase], Measured]) -> None:
    """Constructing and compiling the network, within its parameter budget: one round."""
    record = phase("build")
    assert isinstance(record, Trained | Predicted)
    assert record.network.within_budget


def test_train(phase: Callable[[Phase], Measured]) -> None:
    """Each epoch but the first, which holds tracing and compilation: one round each."""
    record = phase("train")
    assert isinstance(record, Trained)
    assert None not in record.history.train["loss"], record.history.divergence


def test_predict(phase: Callable[[Phase], Measured]) -> None:
    """Prediction of a batch of one: one round per call. Throughput is in ``extra_info``."""
    record = phase("predict")
    assert record.durations.predicted_samples == record.data.test_samples
    if isinstance(record, Trained | Fitted) and record.data.classes:
        assert sum(map(sum, record.confusion)) == record.data.test_samples
