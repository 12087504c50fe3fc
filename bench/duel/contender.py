"""One side's process: it works when it is told to, and else stands still."""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from bench.duel.sides import Side
from bench.executors.process import Runner
from bench.experiment import Experiment
from bench.protocol import TURNS, Paths, Ready, Slice, Turn
from reports.schema.record import Failed, Record

SECONDS = 600.0
"""After which a silent side is given up."""


class SideFailedError(RuntimeError):
    """One side gave up or died. The message names it and says why."""


class Contender:
    """One side's process, once it is built."""

    def __init__(
        self, stream: socket.SocketIO, ready: Ready, death: Callable[[], SideFailedError]
    ) -> None:
        self._stream, self.ready, self._death = stream, ready, death
        self._stand_still()

    def take(self, turn: Turn) -> Slice:
        """Let it run for one turn. Raises `SideFailedError`."""
        try:
            os.kill(self.ready.pid, signal.SIGCONT)
            self._stream.write(msgspec.json.encode(turn) + b"\n")
            line = self._stream.readline()
            self._stand_still()
        except OSError:
            raise self._death() from None
        if not line:
            raise self._death()
        return msgspec.json.decode(line, type=Slice)

    def _stand_still(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.ready.pid, signal.SIGSTOP)

    def end(self) -> None:
        """Let it go to its end."""
        with contextlib.suppress(OSError):
            os.kill(self.ready.pid, signal.SIGCONT)
        self._stream.close()


@contextlib.contextmanager
def contender(
    side: Side, runner: Runner, experiment: Experiment, folder: Path
) -> Iterator[Contender]:
    """Start a side's process and wait until it is built. Raises `SideFailedError`."""
    path = folder / f"turns{os.urandom(4).hex()}"
    ended: list[Record] = []
    wanted = replace(side.change(experiment), task="turns")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen(1)

        def run() -> None:
            ended.append(runner.run(wanted, paths=Paths(turns=str(path))))
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as bell:
                bell.connect(str(path))  # whoever waits for it need not wait for ever

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        server.settimeout(SECONDS)

        def death() -> SideFailedError:
            thread.join(SECONDS)
            return SideFailedError(f"{side.name}: {_reason(ended)}")

        try:
            connection, _ = server.accept()
            connection.settimeout(SECONDS)
            stream = socket.SocketIO(connection, "rwb")
            if not (line := stream.readline()):
                raise death()
            found = Contender(stream, msgspec.json.decode(line, type=Ready), death)
            try:
                if found.ready.version != TURNS:
                    raise SideFailedError(
                        f"{side.name}: it takes turns in another way than this checkout does; "
                        "duel from the one of its own time"
                    )
                yield found
            finally:
                found.end()
                connection.close()
        except TimeoutError:
            raise SideFailedError(f"{side.name}: silent for {SECONDS:.0f} s") from None
        finally:
            path.unlink(missing_ok=True)
        thread.join(SECONDS)


def _reason(ended: Sequence[Record]) -> str:
    failed = [record for record in ended if isinstance(record, Failed)]
    return failed[0].reason if failed else "it ended before its turn"
