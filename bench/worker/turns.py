"""Turns of training that somebody else begins one by one: one side of a duel (`bench.duel`)."""

import socket
import time
from collections.abc import Callable

import keras
import msgspec
import psutil

from bench.experiment import Experiment, execution_of
from bench.outcome import header, now
from bench.protocol import Paths, Progress, Ready, Slice, Turn
from bench.worker import description, programs, scoring, setup
from bench.worker.compilation import compile_model, one_hot
from bench.worker.training import batch_order
from reports.schema.record import Described


def run(experiment: Experiment, report: Callable[[Progress], None], paths: Paths) -> Described:
    """Build the network, then train as long as the socket at ``paths.turns`` asks for turns.

    Raises what building a network and reading its data raise.
    """
    assert paths.turns
    started_at = now()
    setup.compute_in(experiment.backend, experiment.precision)
    if experiment.precision != "auto":
        keras.config.set_dtype_policy(experiment.precision)
    keras.utils.set_random_seed(experiment.seed)
    split, data = scoring.arrays(experiment)
    model = description.build(experiment)
    compile_model(model, experiment, classes=len(data.classes))
    train = programs.trainer(
        model,
        split.x_train,
        one_hot(split.y_train, len(data.classes)),
        batch_size=experiment.batch_size,
        execution=execution_of(experiment),
    )
    order = batch_order(experiment.seed, 0, len(split.y_train))
    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect(paths.turns)
        stream = channel.makefile("rwb", buffering=0)
        process = psutil.Process()
        ready = Ready(pid=process.pid, samples=len(order), batch_size=experiment.batch_size)
        stream.write(msgspec.json.encode(ready) + b"\n")
        for line in stream:
            turn = msgspec.json.decode(line, type=Turn)
            stream.write(msgspec.json.encode(_take(train, order[: turn.samples], turn)) + b"\n")
    network = description.describe(experiment, model)
    return Described(**header(experiment, started_at=started_at), network=network)


def _take(train: programs.Trainer, order: object, turn: Turn) -> Slice:
    """Train on the samples as often as asked, and time it: all that the call takes."""
    switches = psutil.Process().num_ctx_switches()
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(turn.repeat):
        train(0, order)  # type: ignore[arg-type]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    after = psutil.Process().num_ctx_switches()
    return Slice(
        wall_seconds=wall,
        cpu_seconds=cpu,
        involuntary_switches=after.involuntary - switches.involuntary,
    )
