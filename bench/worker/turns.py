"""Turns of work that somebody else begins one by one: one side of a duel (`bench.duel`)."""

import socket
import time
from collections.abc import Callable

import msgspec
import numpy as np
import psutil

from bench.experiment import Experiment
from bench.outcome import header, now
from bench.protocol import TURNS, Paths, Progress, Ready, Slice, Turn
from bench.worker import environment, programs, setup, workload
from bench.worker.structure import count, take
from bench.worker.training import batch_order
from bench.worker.workload import Workload
from reports.schema.record import Described


def run(experiment: Experiment, report: Callable[[Progress], None], paths: Paths) -> Described:
    """Build the network, then work as long as the socket at ``paths.turns`` asks for turns.

    Raises what building a network and reading its data raise.
    """
    assert paths.turns
    started_at = now()
    setup.begin(experiment)
    built = workload.of(experiment)
    worker = _Worker(built, experiment)
    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect(paths.turns)
        stream = channel.makefile("rwb", buffering=0)
        ready = Ready(
            pid=psutil.Process().pid,
            samples=built.samples,
            batch_size=experiment.batch_size,
            version=TURNS,
            import_cpu_seconds=setup.import_cpu_seconds,
            device=setup.device(experiment.backend),
            in_force=", ".join(
                (
                    built.execution.program,
                    f"jit_compile={built.model.jit_compile}",
                    f"steps_per_execution={built.model.steps_per_execution}",
                    *built.rewrites,
                )
            ),
        )
        stream.write(msgspec.json.encode(ready) + b"\n")
        for line in stream:
            done = worker.take(msgspec.json.decode(line, type=Turn))
            stream.write(msgspec.json.encode(done) + b"\n")
    return Described(**header(experiment, started_at=started_at), network=built.network)


class _Worker:
    """Trains and predicts."""

    def __init__(self, built: Workload, experiment: Experiment) -> None:
        self._train = programs.trainer(
            built.model,
            built.x_train,
            built.y_train,
            batch_size=experiment.batch_size,
            execution=built.execution,
        )
        self._order = batch_order(experiment.seed, 0, built.samples)
        self._predictor, self._samples = built.predictor, built.x_test

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
        order = np.resize(self._order, turn.samples)  # again and again, where there are fewer

        def work() -> None:
            for _ in range(turn.repeat):
                self._train(0, order)

        return work

    def _predicting(self, turn: Turn) -> Callable[[], None]:
        predict, samples = self._predictor.predict_on_batch, self._samples

        def work() -> None:
            for i in range(turn.repeat):
                row = i % count(samples)
                predict(take(samples, slice(row, row + 1)))

        return work
