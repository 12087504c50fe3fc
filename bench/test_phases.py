"""The benchmarks: an experiment is run once, and each of its phases is one test.

The durations are the worker's own; `bench.cell` says what each phase holds.
"""

from collections.abc import Callable

from reports.record import Record

Phase = Callable[[str], Record]


def test_build(phase: Phase) -> None:
    """Constructing and compiling the network, within its parameter budget: one round."""
    network = phase("build").network
    assert network
    assert abs(network.parameters - network.reference) * 10 < network.reference


def test_train(phase: Phase) -> None:
    """Each epoch but the first, which holds tracing and compilation: one round each."""
    record = phase("train")
    assert record.history
    assert None not in record.history.train["loss"], "the training loss is no longer finite"


def test_predict(phase: Phase) -> None:
    """Prediction of a batch of one: one round per call. Throughput is in ``extra_info``."""
    record = phase("predict")
    assert record.data
    assert record.durations
    assert record.durations.predicted_samples == record.data.test_samples
    if record.test:
        assert record.confusion
        assert sum(map(sum, record.confusion)) == record.data.test_samples
