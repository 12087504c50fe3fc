"""Where an experiment runs: in a fresh process, whose death is a result like any other."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from bench import backends, variables
from bench.executors.executor import ExecutorError
from bench.executors.held_folder import HeldFolder
from bench.experiment import Experiment
from bench.machine import ROOT, usable_cores
from bench.outcome import failure, now
from bench.protocol import (
    CORES,
    FOLDER,
    JOBS,
    KERAS_BACKEND,
    USABLE_CORES,
    Message,
    Paths,
    Progress,
    Request,
)
from reports.schema.record import Record

LOG_CHARACTERS = 4000
"""How much of each end of a failed worker's output is kept: a fault says what it is at the top of a
long stack, an exception at the bottom."""
LINE_CHARACTERS = 300
"""How much of each of its lines: a fault lists the hundreds of modules that were loaded in one."""
GRACE_SECONDS = 5
"""For a process to end by itself when its input is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What a worker runs: which checkout, with which packages and variables."""

    root: Path = ROOT
    python: Path = field(default_factory=lambda: Path(sys.executable))
    """Interpreter, of the environment that its packages are in."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Of the environment, besides the user's."""


HERE = Installation()


def _ignore(progress: Progress) -> None:
    pass


class Runner:
    """Runs experiments one after another, each in a fresh process of its backend.

    Use as a context manager: leaving it ends the processes, a running experiment included. It keeps
    to ``cores``, numbers of logical cores; None is all that this process may use. ``jobs``
    experiments run side by side, with those of other runners; ``shares`` is for one whose
    processes leave room on an accelerator all the same.
    """

    def __init__(
        self,
        cores: Sequence[int] | None = None,
        installation: Installation = HERE,
        *,
        jobs: int = 1,
        shares: bool = False,
    ) -> None:
        self._cores = tuple(cores or usable_cores())
        self._jobs = jobs
        self._shares = shares or jobs > 1
        self._installation = installation
        self._folder = HeldFolder()
        self._workers: dict[tuple[str, tuple[int, ...]], subprocess.Popen[bytes]] = {}
        """By backend and cores, which a process cannot change later."""
        self._running = threading.Lock()
        self._closed = False
        self._current: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the workers, and start no more; another thread's `run` returns a failure.

        What an exception (Ctrl-C) cuts short, another call ends.
        """
        self._closed = True
        for worker in list(self._workers.values()):
            _hang_up(worker)
        while not self._running.acquire(timeout=GRACE_SECONDS):
            for worker in list(self._workers.values()):
                _kill(worker)  # it was stopped: whoever listens would wait for ever
        try:
            for worker in self._workers.values():
                _end(worker)
            self._workers.clear()
            self._folder.close()
        finally:
            self._running.release()

    def interrupt(self) -> None:
        """End the running experiment, if there is one; its `run` returns a failure."""
        if worker := self._current:
            _hang_up(worker)

    def start(self, experiment: Experiment) -> None:
        """Start the process that an experiment will need, and do not wait for it."""
        with self._running:
            if not self._closed:
                self._worker(*self._worker_key(experiment))

    def run(
        self,
        experiment: Experiment,
        report: Callable[[Progress], None] = _ignore,
        paths: Paths | None = None,
    ) -> Record:
        """Run one experiment and return its record, a failed one if its process died."""
        with self._running:
            return self._run(experiment, report, paths or Paths())

    def _run(
        self,
        experiment: Experiment,
        report: Callable[[Progress], None],
        paths: Paths,
    ) -> Record:
        started_at = now()
        if self._closed:
            return failure(experiment, reason="ended before it began", started_at=started_at)
        log = self._folder.path / f"{experiment.id}.log"
        log.unlink(missing_ok=True)
        key = self._worker_key(experiment)
        worker = self._worker(*key)
        assert worker.stdin
        request = msgspec.json.encode(Request(experiment=experiment, paths=paths, log=str(log)))
        with contextlib.suppress(BrokenPipeError):  # it died already; what follows says so
            worker.stdin.write(request + b"\n")
            worker.stdin.flush()
        self._current = worker
        record, status, fault = _listen(worker, report)
        self._current = None
        if status is None:  # the worker itself has ended, not only the experiment's process
            _end(self._workers.pop(key))
            status = worker.returncode
        if record:
            return record
        text = self._excerpt(log, experiment.backend)
        reason = fault or _cause_of_death(status, text)
        return failure(experiment, reason=reason, log=text, started_at=started_at)

    def _worker_key(self, experiment: Experiment) -> tuple[str, tuple[int, ...]]:
        return experiment.backend, self._cores[: experiment.cores]

    def _worker(self, backend: str, cores: tuple[int, ...]) -> subprocess.Popen[bytes]:
        worker = self._workers.get((backend, cores))
        if worker is None or worker.poll() is not None or _hung_up(worker):
            if worker:
                _end(worker)
            try:
                worker = self._started(backend, cores)
            except OSError as error:
                raise ExecutorError(
                    f"no process can be started: {error.strerror or error}"
                ) from None
            self._workers[backend, cores] = worker
        return worker

    def _started(self, backend: str, cores: tuple[int, ...]) -> subprocess.Popen[bytes]:
        with self._startup_log(backend).open("wb") as log:
            return subprocess.Popen(
                [str(self._installation.python), "-m", "bench.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self._installation.root,
                env={
                    **worker_environment(backend, cores, self._installation, shares=self._shares),
                    JOBS: str(self._jobs),
                    FOLDER: str(self._folder.path),
                },
                start_new_session=True,  # Ctrl-C is for the process that waits
            )

    def _startup_log(self, backend: str) -> Path:
        return self._folder.path / f"{backend}.log"

    def _excerpt(self, log: Path, backend: str) -> str:
        path = log if log.exists() else self._startup_log(backend)
        lines = path.read_text(errors="replace").splitlines()
        text = "\n".join(line[:LINE_CHARACTERS] for line in lines)
        if len(text) <= 2 * LOG_CHARACTERS:
            return text
        return f"{text[:LOG_CHARACTERS]}\n[…]\n{text[-LOG_CHARACTERS:]}"


def _listen(
    worker: subprocess.Popen[bytes], report: Callable[[Progress], None]
) -> tuple[Record | None, int | None, str | None]:
    """Return the record and the exit status of the experiment's process, as far as they came.

    And what is wrong with a record, if something is.
    """
    record = fault = None
    assert worker.stdout
    for line in worker.stdout:
        try:
            message = msgspec.json.decode(line, type=Message)
        except msgspec.ValidationError as error:
            fault = f"its record is not valid: {error}"
            continue
        except msgspec.DecodeError:
            continue  # the process was killed while it wrote this line; its status follows
        if message.progress:
            report(message.progress)
        record = message.record or record
        if message.exit is not None:
            return record, message.exit, fault
    return record, None, fault


def worker_environment(
    backend: str, cores: Sequence[int], installation: Installation = HERE, *, shares: bool = False
) -> dict[str, str]:
    """Return the environment variables of a worker process: built, not inherited.

    ``cores`` are the numbers of those that it is bound to; ``shares`` as in `backends.variables`.
    """
    paths = [str(installation.root), *filter(None, [os.environ.get("PYTHONPATH")])]
    users = {**os.environ, **installation.variables}
    return {
        **backends.variables(backend, len(cores), shares=shares),
        **variables.passed(users, backend),  # what the user has set wins
        KERAS_BACKEND: backend,
        CORES: ",".join(map(str, cores)),
        USABLE_CORES: str(len(usable_cores())),
        "PYTHONPATH": os.pathsep.join(paths),
    }


def _hang_up(worker: subprocess.Popen[bytes]) -> None:
    """Close a worker's input, which ends it and the experiment that it runs."""
    assert worker.stdin
    with contextlib.suppress(BrokenPipeError):
        worker.stdin.close()


def _hung_up(worker: subprocess.Popen[bytes]) -> bool:
    """Return whether a worker is about to end."""
    return worker.stdin is None or worker.stdin.closed


def _end(worker: subprocess.Popen[bytes]) -> None:
    """Wait for a worker to end, and make it."""
    assert worker.stdout
    _hang_up(worker)
    try:
        worker.wait(timeout=GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        _kill(worker)
        worker.wait()
    worker.stdout.close()


def _kill(worker: subprocess.Popen[bytes]) -> None:
    """Kill a worker and the experiment that it runs, stopped ones included."""
    if hasattr(os, "killpg"):  # it leads a session, and so a group, of its own
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
    else:
        worker.kill()


def _cause_of_death(status: int | None, log: str) -> str:
    if status is None or status >= 0:
        last = log.strip().rpartition("\n")[2] or "it printed nothing"
        return f"the worker ended with status {status} before the experiment did: {last}"
    name = signal.Signals(-status).name
    hint = "; the system may have run out of memory" if name == "SIGKILL" else ""
    return f"the worker was killed by {name}{hint}"
