"""``python -m bench.worker``: imports Keras once, then runs each experiment in a fresh process.

Reads requests from standard input and writes messages to standard output, one JSON value a line.
Where the system can fork (Linux), each experiment is a forked child: it starts with Keras imported
and its backend not yet initialised, and it ends with the experiment, so nothing is left behind.
Elsewhere the process runs one experiment and ends. Either kind ends when its standard input is
closed, so an orphan never runs on.

``python -m bench.worker device`` prints what the backend computes on.
"""

import contextlib
import faulthandler
import importlib
import os
import select
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO

import msgspec

from bench import backends, tasks
from bench.experiment import Experiment
from bench.machine import bind, commit_info, cpu_name
from bench.outcome import failure, now, reason_of
from bench.protocol import (
    CORES,
    FORK,
    KERAS_BACKEND,
    PEAKS,
    Message,
    Paths,
    Progress,
    Request,
)
from bench.worker import setup
from reports.schema.environment import Peaks
from reports.schema.record import Measured, Record

Program = Callable[[Experiment, Callable[[Progress], None], Paths], Record]
GRACE_MILLISECONDS = 2000
"""For an experiment to end by itself when standard input is closed."""
FORKS = sys.platform == "linux" and os.environ.get(FORK) != "0"
"""Elsewhere, and where the variable says so, each experiment imports Keras anew."""


def main() -> None:
    """Serve requests until standard input is closed, or print the device."""
    backend = os.environ[KERAS_BACKEND]
    if sys.argv[1:] == ["device"]:
        setup.hide_others(backend)
        print(setup.device(backend))
        return
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints is not a message
    bind(map(int, os.environ[CORES].split(",")))  # before anything counts the cores
    preload(backend)
    peaks: Peaks | None = None
    measured = os.environ.get(PEAKS) == "0"
    for line in sys.stdin.buffer:
        request = msgspec.json.decode(line, type=Request)
        if not FORKS:
            serve(request, channel, None)
            return
        if not measured and tasks.BY_NAME[request.experiment.task].timed:
            peaks, measured = measure_peaks(backend), True
        child = os.fork()
        if child == 0:
            serve(request, channel, peaks)
            os._exit(0)
        status = wait(child)
        # A child killed in the middle of a message leaves half a line: end it.
        channel.write(b"\n")
        send(channel, Message(exit=os.waitstatus_to_exitcode(status)))
    os._exit(0)  # nothing is left to do: to take down TensorFlow alone takes most of a second


def preload(backend: str) -> None:
    """Import what every experiment needs; initialise no backend, start no computation."""
    # JAX warns of threads at every fork; none of its own has started by then.
    warnings.filterwarnings("ignore", message=r"os\.fork\(\) was called", category=RuntimeWarning)
    setup.hide_others(backend)
    if backends.BY_NAME[backend].keras:
        setup.import_keras()
    program(backend, "benchmark")
    cpu_name()
    commit_info()


def program(backend: str, task: str) -> Program:
    """Return what does a task on a backend; imports Keras, or scikit-learn.

    Raises `ValueError` for a task that the backend has not.
    """
    row = tasks.BY_NAME[task]
    name = row.program if backends.BY_NAME[backend].keras else row.baseline_program
    if name is None:
        raise ValueError(f"{backend} has no task {task!r}")
    module, _, function = name.partition(":")
    run: Program = getattr(importlib.import_module(f"bench.worker.{module}"), function)
    return run


def measure_peaks(backend: str) -> Peaks | None:
    """Return what the machine can do, measured by a child: no backend may start in this process."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(Exception):
            from bench.worker import peaks

            os.write(writer, msgspec.json.encode(peaks.measure(backend)))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        answer = stream.read()
    os.waitpid(child, 0)
    return msgspec.json.decode(answer, type=Peaks) if answer else None


def serve(request: Request, channel: BinaryIO, peaks: Peaks | None) -> None:
    """Run one experiment and send its record, whatever happens."""
    log = os.open(request.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    faulthandler.enable()
    threading.Thread(target=_die_with_parent, daemon=True).start()
    experiment, started_at = request.experiment, now()
    try:
        record = program(experiment.backend, experiment.task)(
            experiment,
            lambda progress: send(channel, Message(progress=progress)),
            request.paths,
        )
        if isinstance(record, Measured):
            environment = replace(record.environment, peaks=peaks)
            record = msgspec.structs.replace(record, environment=environment)
    except Exception as raised:
        error = _by_user(experiment, raised)
        record = failure(
            experiment,
            reason=setup.missing_device(experiment.backend) or reason_of(error),
            log=getattr(error, "trace", None) or traceback.format_exc(),
            started_at=started_at,
        )
    send(channel, Message(record=record))


def _by_user(experiment: Experiment, error: Exception) -> Exception:
    """Return an error in the words of the user's own code, if it is theirs."""
    if experiment.own is None:
        return error
    from bench.worker.own import code

    return code.by_user(experiment.own.places[0], error, "running it")


def wait(child: int) -> int:
    """Wait for an experiment's process; return its status.

    If standard input is closed meanwhile, it is to end by itself, but for one that somebody has
    stopped: nobody could continue it.
    """
    with contextlib.suppress(OSError, AttributeError):  # a kernel or Python without it
        descriptor = os.pidfd_open(child)
        try:
            events = select.poll()
            events.register(descriptor, select.POLLIN)
            events.register(sys.stdin.fileno(), 0)  # nothing but its end
            if descriptor not in dict(events.poll()):
                events.unregister(sys.stdin.fileno())
                if not events.poll(GRACE_MILLISECONDS):
                    os.kill(child, signal.SIGKILL)
        finally:
            os.close(descriptor)
    return os.waitpid(child, 0)[1]


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
