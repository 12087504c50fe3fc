"""``python -m bench.worker``: imports Keras once, then runs each experiment in a fresh process.

Reads experiments from standard input and writes messages to standard output, one JSON value a
line. Where the system can fork (Linux), each experiment is a forked child: it starts with Keras
imported and its backend not yet initialised, and it ends with the experiment, so nothing is left
behind. Elsewhere the process runs one experiment and ends. Either kind ends when its standard input
is closed, so an orphan never runs on.
"""

import contextlib
import faulthandler
import os
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import BinaryIO

import msgspec

from bench import backends
from bench.environment import bind
from bench.experiment import Experiment, Files, Progress, failure, now
from reports.record import Limits, Record

FORK = sys.platform == "linux" and os.environ.get("BENCH_FORK") != "0"
"""Elsewhere, and where the variable says so, each experiment imports Keras anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a worker is asked to do."""

    experiment: Experiment
    files: Files
    log: str
    """File for whatever the experiment prints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a worker answers: one of the fields is set."""

    progress: Progress | None = None
    record: Record | None = None
    exit: int | None = None
    """Exit status of the child; negative, the signal that killed it."""


def main() -> None:
    """Serve experiments until standard input is closed."""
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints is not a message
    bind(map(int, os.environ["BENCH_CORES"].split(",")))  # before anything counts the cores
    preload()
    limits: Limits | None = None
    measured = False
    for line in sys.stdin.buffer:
        task = msgspec.json.decode(line, type=Task)
        if not FORK:
            serve(task, channel, None)
            return
        if not measured and task.experiment.task == "benchmark":
            limits, measured = measure_limits(os.environ["KERAS_BACKEND"]), True
        child = os.fork()
        if child == 0:
            serve(task, channel, limits)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        # A child killed in the middle of a message leaves half a line: end it.
        channel.write(b"\n")
        send(channel, Message(exit=os.waitstatus_to_exitcode(status)))


def preload() -> None:
    """Import what every experiment needs; initialise no backend, start no computation."""
    # JAX warns of threads at every fork; none of its own has started by then.
    warnings.filterwarnings("ignore", message=r"os\.fork\(\) was called", category=RuntimeWarning)
    backends.hide_others(os.environ["KERAS_BACKEND"])
    from bench.environment import commit_info, cpu_name

    runner(os.environ["KERAS_BACKEND"], "benchmark")
    cpu_name()
    commit_info()


def runner(backend: str, task: str) -> Callable[..., Record]:
    """Return what does a task on a backend; imports Keras, or scikit-learn."""
    if task in ("equivalence", "reference"):
        from bench import equivalence

        return equivalence.run
    if task != "benchmark":
        from bench import model

        return model.run
    if backends.BY_NAME[backend].keras:
        from bench import cell

        return cell.run
    from bench import baseline

    return baseline.run


def measure_limits(backend: str) -> Limits | None:
    """Return what the machine can do, measured by a child: no backend may start in this process."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(Exception):
            from bench import limits

            os.write(writer, msgspec.json.encode(limits.measure(backend)))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        answer = stream.read()
    os.waitpid(child, 0)
    return msgspec.json.decode(answer, type=Limits) if answer else None


def serve(task: Task, channel: BinaryIO, limits: Limits | None) -> None:
    """Run one experiment and send its record, whatever happens."""
    log = os.open(task.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    faulthandler.enable()
    threading.Thread(target=_die_with_parent, daemon=True).start()
    started_at = now()
    try:
        record = runner(task.experiment.backend, task.experiment.task)(
            task.experiment,
            lambda progress: send(channel, Message(progress=progress)),
            task.files,
        )
        if record.environment:
            environment = replace(record.environment, limits=limits)
            record = replace(record, environment=environment)
    except Exception as error:
        record = failure(
            task.experiment,
            reason=f"{type(error).__name__}: {error}".splitlines()[0],
            log=traceback.format_exc(),
            started_at=started_at,
        )
    send(channel, Message(record=record))


def send(channel: BinaryIO, message: Message) -> None:
    """Write one message as a line."""
    channel.write(msgspec.json.encode(message) + b"\n")


def _die_with_parent() -> None:
    """End the process when standard input is closed: nobody waits for the result any more."""
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
