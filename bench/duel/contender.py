"""One side's process: it works when it is told to, and else stands still."""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import psutil

from bench.duel.sides import Side
from bench.executors.executor import ExecutorError
from bench.executors.process import Runner
from bench.experiment import Experiment
from bench.machine import bind
from bench.protocol import TURNS, Paths, Ready, Slice, Turn
from reports.schema.record import Failed

SECONDS = 600.0
"""After which a silent side is given up."""


class SideFailedError(RuntimeError):
    """One side gave up or died. The message names it and says why."""


class Contender:
    """One side's process: `wait` until it is built, then give it turns."""

    def __init__(self, side: Side, runner: Runner, experiment: Experiment, path: Path) -> None:
        """Start it; it will look for a socket at ``path``."""
        self._side, self._path = side, path
        self._reason = ""
        self._ready: Ready | None = None
        self._stream: socket.SocketIO | None = None
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen(1)
        self._server.settimeout(SECONDS)
        wanted = replace(side.change(experiment), task="turns")
        self._thread = threading.Thread(target=self._run, args=(runner, wanted), daemon=True)
        self._thread.start()

    @property
    def ready(self) -> Ready:
        """What it said when it was built."""
        assert self._ready
        return self._ready

    def _run(self, runner: Runner, experiment: Experiment) -> None:
        try:
            record = runner.run(experiment, paths=Paths(turns=str(self._path)))
            self._reason = record.reason if isinstance(record, Failed) else ""
        except (ExecutorError, ValueError) as error:  # none can be started, or all are being ended
            self._reason = str(error)
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as bell:
            bell.connect(str(self._path))  # whoever waits for it need not wait for ever

    def wait(self) -> None:
        """Wait until it is built; then it stands still. Raises `SideFailedError`."""
        with self._failing():
            connection, _ = self._server.accept()
            connection.settimeout(SECONDS)
            with connection:  # it lives as long as its stream does
                self._stream = connection.makefile("rwb", buffering=0)
            self._ready = msgspec.json.decode(self._line(), type=Ready)
            self._stand_still()
        if self.ready.version != TURNS:
            raise SideFailedError(
                f"{self._side.name}: it takes turns in another way than this checkout does; "
                "duel from the one of its own time"
            )

    def take(self, turn: Turn) -> Slice:
        """Let it run for one turn. Raises `SideFailedError`."""
        self.begin(turn)
        return self.finish()

    def begin(self, turn: Turn) -> None:
        """Let it run; `finish` waits for it. Raises `SideFailedError`."""
        with self._failing():
            os.kill(self.ready.pid, signal.SIGCONT)
            assert self._stream
            self._stream.write(msgspec.json.encode(turn) + b"\n")

    def finish(self) -> Slice:
        """Wait until its turn is over; then it stands still. Raises `SideFailedError`."""
        with self._failing():
            line = self._line()
            self._stand_still()
        return msgspec.json.decode(line, type=Slice)

    def move(self, cores: Sequence[int]) -> None:
        """Let it work on these cores from now on. Raises `SideFailedError`."""
        with self._failing():
            bind(cores, self.ready.pid)

    def end(self) -> None:
        """Let it go to its end."""
        if self._ready:
            with contextlib.suppress(OSError):
                os.kill(self._ready.pid, signal.SIGCONT)
        if self._stream:
            self._stream.close()
        self._server.close()
        self._path.unlink(missing_ok=True)

    def join(self) -> None:
        """Wait until it has ended."""
        self._thread.join(SECONDS)

    def _line(self) -> bytes:
        assert self._stream
        if not (line := self._stream.readline()):
            raise ConnectionResetError("it ended")
        return line

    def _stand_still(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.ready.pid, signal.SIGSTOP)

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        """Say in the side's name what went wrong with its process."""
        try:
            yield
        except TimeoutError:
            raise SideFailedError(f"{self._side.name}: silent for {SECONDS:.0f} s") from None
        except (OSError, psutil.Error):
            self.end()
            self.join()
            reason = self._reason or "it ended before its turn"
            raise SideFailedError(f"{self._side.name}: {reason}") from None


def require_sockets(folder: Path) -> None:
    """Make sure that processes can be reached at sockets in a folder. Raises `OSError`."""
    path = _socket_path(folder)
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.bind(str(path))
    except OSError as error:
        reason = error.strerror or error
        raise OSError(
            f"no socket in {folder}: {reason}; set TMPDIR to a folder with a shorter path"
        ) from None
    path.unlink()


@contextlib.contextmanager
def contender(
    side: Side, runner: Runner, experiment: Experiment, folder: Path
) -> Iterator[Contender]:
    """Start a side's process; in the end, let it go and wait for that."""
    found = Contender(side, runner, experiment, _socket_path(folder))
    try:
        yield found
    finally:
        found.end()
    found.join()


def _socket_path(folder: Path) -> Path:
    return folder / f"turns{os.urandom(4).hex()}"
