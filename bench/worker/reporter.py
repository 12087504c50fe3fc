"""How far a training is: told after each epoch, and now and then within one."""

import time
from collections.abc import Callable
from statistics import median

from bench.protocol import Progress
from bench.training_state import TrainingState
from reports.schema.record import finite

SECONDS = 0.5
"""Between two reports within an epoch."""
LATEST = 9
"""Epochs whose median tells how long a further one takes: a pause is none, and load may change."""


class Reporter:
    """Reports what a training's state holds so far of so many epochs."""

    def __init__(
        self, epochs: int, state: TrainingState, report: Callable[[Progress], None]
    ) -> None:
        self._epochs, self._state, self._report = epochs, state, report
        self._epoch, self._began, self._told = 0, 0.0, 0.0

    def begins(self, epoch: int) -> None:
        """Note that an epoch, counted from 0, begins."""
        self._epoch, self._began = epoch, time.perf_counter()
        self._told = self._began

    def batch(self, batches_done: int, batches: int) -> None:
        """Tell how many batches of the epoch are done, unless it was told a moment ago."""
        now = time.perf_counter()
        if now - self._told < SECONDS or batches_done >= batches:
            return
        self._told = now
        rest = (now - self._began) * (batches - batches_done) / batches_done
        later_epochs = self._seconds(self._epochs - self._epoch - 1)
        self._report(
            Progress(
                epoch=self._epoch + 1,
                epochs=self._epochs,
                share=batches_done / batches,
                seconds_left=None if later_epochs is None else rest + later_epochs,
            )
        )

    def ended(self, epoch: int, note: str | None) -> None:
        """Tell the scores of an epoch that has ended."""
        self._report(
            Progress(
                epoch=epoch + 1,
                epochs=self._epochs,
                train=_finite(self._state.train[epoch]),
                validation=_finite(self._state.validation[epoch]),
                seconds_left=self._seconds(self._epochs - epoch - 1),
                note=note,
            )
        )

    def _seconds(self, epochs: int) -> float | None:
        """Return what so many epochs will take, judged by those of this process."""
        state = self._state
        own = slice(state.starts[-1], None)
        seconds = state.epoch_seconds[own][1:] or state.epoch_seconds[own]
        if not seconds:
            return None if epochs else 0.0
        evaluating = state.evaluation_seconds[own][-LATEST:]
        return (median(seconds[-LATEST:]) + median(evaluating)) * epochs


def _finite(scores: dict[str, float]) -> dict[str, float | None]:
    return dict(zip(scores, finite(scores.values()), strict=True))
