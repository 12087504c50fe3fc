"""The loop over the epochs of a training, with its checkpoints."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.experiment import Experiment
from bench.protocol import Paths, Progress
from bench.training_state import TrainingState
from bench.worker import checkpoint, environment, programs
from bench.worker.compilation import with_f1
from bench.worker.own.code import OwnError
from bench.worker.reporter import Reporter
from bench.worker.workload import Workload

Keep = Callable[[int], str | None]
"""Writes the weights after so many epochs, or returns why it could not."""


NOT_RECORDED = "a machine that was not recorded"


def batch_order(seed: int, epoch: int, samples: int) -> np.ndarray:
    """Return the order of the training samples, ``(samples,)``, the same on every backend."""
    return np.random.default_rng([seed, epoch]).permutation(samples)


def _with_loss(scores: dict[str, float], step: str) -> dict[str, float]:
    """Return the scores of an epoch, F1 added. Raises `OwnError` where there is no loss."""
    if "loss" not in scores:
        raise OwnError(
            f"its {step} returns {', '.join(scores) or 'nothing'} and no loss: trainings are "
            'compared by one value called "loss"'
        )
    return with_f1(scores)


class Training:
    """Trains epoch by epoch, each on the samples in its own order, then scored.

    Where ``paths`` say so, it goes on after the last checkpoint.
    """

    def __init__(
        self,
        workload: Workload,
        experiment: Experiment,
        report: Callable[[Progress], None],
        paths: Paths,
        *,
        keep: Keep | None = None,
    ) -> None:
        self._workload, self._experiment = workload, experiment
        self._model = workload.model
        self._paths, self._keep = paths, keep
        self._report = report

    def run(self) -> TrainingState:
        """Train to the end and return what was measured."""
        self._state, self._note = self._restored()
        state, start_epoch = self._state, len(self._state.epoch_seconds)
        here = environment.collect(self._experiment.backend)
        place = environment.place(here)
        # Older checkpoints knew the machine alone.
        state.machines = [place if name == here.machine else name for name in state.machines]
        state.machines += [NOT_RECORDED] * (len(state.starts) - len(state.machines))
        state.starts.append(start_epoch)
        state.machines.append(place)
        state.jobs = max(state.jobs, environment.jobs())
        self._reporter = Reporter(self._experiment.epochs, state, self._report)
        self._others = environment.LoadOfOthers()
        for epoch in range(start_epoch):
            self._tell(epoch)
        start = time.perf_counter()
        train_epoch = programs.trainer(
            self._model,
            self._workload.x_train,
            self._workload.y_train,
            batch_size=self._experiment.batch_size,
            execution=self._workload.execution,
            on_batch=self._reporter.batch if self._paths.report_batches else None,
        )
        # Putting the data on the device counts for the first epoch.
        once_seconds = time.perf_counter() - start
        for epoch in range(start_epoch, self._experiment.epochs):
            self._train_epoch(epoch, train_epoch, once_seconds)
            once_seconds = 0.0
            self._evaluate()
            self._state.others.append(self._others.take())
            self._checkpoint(epoch)
            self._tell(epoch)
        self._take_stock()
        if note := self._kept(self._experiment.epochs):
            self._reporter.ended(self._experiment.epochs - 1, note)
        return state

    def _restored(self) -> tuple[TrainingState, str | None]:
        """Return what an earlier process had done, and what the user should know of it."""
        if not (self._paths.checkpoint and self._paths.resume):
            return TrainingState(), None
        try:
            state = checkpoint.restore(Path(self._paths.checkpoint), self._model)
        except ValueError as error:
            return TrainingState(), f"{error}; training starts again"
        epochs = len(state.epoch_seconds)
        return state, f"goes on after epoch {epochs}" if epochs else None

    def _tell(self, epoch: int) -> None:
        self._reporter.ended(epoch, self._note)
        self._note = None

    def _train_epoch(self, epoch: int, train_epoch: programs.Trainer, once_seconds: float) -> None:
        self._reporter.begins(epoch)
        order = batch_order(self._experiment.seed, epoch, self._workload.samples)
        trained = train_epoch(epoch, order)
        self._state.fit_setup_seconds.append(trained.setup_seconds + once_seconds)
        self._state.epoch_seconds.append(trained.seconds)
        self._state.train.append(_with_loss(trained.scores, "train_step"))

    def _evaluate(self) -> None:
        start = time.perf_counter()
        scores = self._model.evaluate(
            self._workload.x_test,
            self._workload.y_test,
            batch_size=self._experiment.batch_size,
            verbose=0,
            return_dict=True,
        )
        self._state.evaluation_seconds.append(time.perf_counter() - start)
        self._state.validation.append(_with_loss(scores, "test_step"))

    def _checkpoint(self, epoch: int) -> None:
        """Write a checkpoint if it is time for one; failing to does not stop the training."""
        every, epochs = self._paths.checkpoint_epochs, epoch + 1
        last = epochs == self._experiment.epochs
        if not self._paths.checkpoint or last or not every or epochs % every:
            return
        self._take_stock()
        path = Path(self._paths.checkpoint)
        try:
            checkpoint.save(path, self._model, self._state)
        except checkpoint.StateError as error:
            self._note = f"no checkpoint: {error}"
        except OSError as error:
            name = error.filename or path
            self._note = f"no checkpoint: cannot write {name}: {error.strerror}"
        else:
            self._note = self._kept(epochs) or self._note

    def _kept(self, epochs: int) -> str | None:
        """Keep the weights if that is asked for; return what went wrong."""
        return self._keep(epochs) if self._keep else None

    def _take_stock(self) -> None:
        """Note what has to be known of this process when it has ended."""
        self._state.peak_memory_bytes = max(
            self._state.peak_memory_bytes, environment.peak_memory_bytes() or 0
        )
