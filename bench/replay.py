"""Lets pytest-benchmark report durations that were measured in another process."""

from collections.abc import Sequence
from typing import Literal

from reports.schema.record import Measured, Trained

Phase = Literal["build", "train", "predict"]


class ReplayTimer:
    """A clock for `pytest.mark.benchmark(timer=…)` that ticks by recorded durations.

    pytest-benchmark reads it twice a round, at the start and at the end.
    """

    def __init__(self) -> None:
        self._ticks: list[float] = []

    def load(self, seconds: Sequence[float]) -> None:
        """Set the durations of the coming rounds."""
        self._ticks = [tick for duration in reversed(seconds) for tick in (duration, 0.0)]

    def __call__(self) -> float:
        """Return the next start (always 0) or stop."""
        return self._ticks.pop()

    def __repr__(self) -> str:
        """Return a text without an address: pytest-benchmark writes it into the JSON."""
        return "replay of seconds measured in the worker"


def phase_seconds(record: Measured, phase: Phase) -> tuple[float, ...]:
    """Return the durations of a phase: one a round."""
    if phase == "build":
        return (record.durations.build_seconds,)
    if phase == "train":
        return record.durations.epoch_seconds if isinstance(record, Trained) else ()
    return record.durations.latency_seconds
