"""Turns of work that somebody else begins one by one: one side of a duel (`bench.duel`)."""

import functools
import socket
import time
from collections.abc import Callable

import keras
import msgspec
import numpy as np
import psutil

from bench.experiment import Experiment, execution_of
from bench.outcome import header, now
from bench.protocol import TURNS, Paths, Progress, Ready, Slice, Turn
from bench.worker import description, environment, programs, scoring, setup
from bench.worker.compilation import compile_model, one_hot
from bench.worker.prediction import predictor_of
from bench.worker.rewrites import rewritten
from bench.worker.training import batch_order
from datasets.spec import Split
from reports.schema.record import Described


def run(experiment: Experiment, report: Callable[[Progress], None], paths: Paths) -> Described:
    """Build the network, then work as long as the socket at ``paths.turns`` asks for turns.

    Raises what building a network and reading its data raise.
    """
    assert paths.turns
    started_at = now()
    setup.compute_in(experiment.backend, experiment.precision)
    if experiment.precision != "auto":
        keras.config.set_dtype_policy(experiment.precision)
    keras.utils.set_random_seed(experiment.seed)
    split, data = scoring.arrays(experiment)
    model, _ = rewritten(description.build(experiment), execution_of(experiment).rewrites)
    compile_model(model, experiment, classes=len(data.classes))
    worker = _Worker(model, split, experiment, classes=len(data.classes))
    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect(paths.turns)
        stream = channel.makefile("rwb", buffering=0)
        ready = Ready(
            pid=psutil.Process().pid,
            samples=len(split.y_train),
            batch_size=experiment.batch_size,
            version=TURNS,
            import_cpu_seconds=setup.import_cpu_seconds,
        )
        stream.write(msgspec.json.encode(ready) + b"\n")
        for line in stream:
            done = worker.take(msgspec.json.decode(line, type=Turn))
            stream.write(msgspec.json.encode(done) + b"\n")
    network = description.describe(experiment, model)
    return Described(**header(experiment, started_at=started_at), network=network)


class _Worker:
    """Trains and predicts."""

    def __init__(
        self,
        model: keras.Model,
        split: Split[np.ndarray],
        experiment: Experiment,
        *,
        classes: int,
    ) -> None:
        self._train = programs.trainer(
            model,
            split.x_train,
            one_hot(split.y_train, classes),
            batch_size=experiment.batch_size,
            execution=execution_of(experiment),
        )
        self._order = batch_order(experiment.seed, 0, len(split.y_train))
        self._model, self._samples = model, split.x_test

    @functools.cached_property
    def _predictor(self) -> keras.Model:
        return predictor_of(self._model)

    def take(self, turn: Turn) -> Slice:
        """Do the work of one turn, and time it: all that its calls take."""
        work = self._predicting(turn) if turn.predict else self._training(turn)
        switches = psutil.Process().num_ctx_switches()
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        after = psutil.Process().num_ctx_switches()
        return Slice(
            wall_seconds=wall,
            cpu_seconds=cpu,
            involuntary_switches=after.involuntary - switches.involuntary,
            peak_memory_bytes=environment.peak_memory_bytes(),
        )

    def _training(self, turn: Turn) -> Callable[[], None]:
        order = self._order[: turn.samples]

        def work() -> None:
            for _ in range(turn.repeat):
                self._train(0, order)

        return work

    def _predicting(self, turn: Turn) -> Callable[[], None]:
        predict, samples = self._predictor.predict_on_batch, self._samples

        def work() -> None:
            for i in range(turn.repeat):
                row = i % len(samples)
                predict(samples[row : row + 1])

        return work
