"""A pair of fresh processes of the two sides, which train in turns on the same cores."""

import contextlib
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import psutil

from bench.duel.sides import Side
from bench.duel.verdict import block_change, pair_change
from bench.executors.process import Runner
from bench.experiment import Experiment
from bench.protocol import Paths, Ready, Slice, Turn
from reports.schema.record import Failed, Record

SLICE_SECONDS = 0.1
"""Of a turn, about: long against what the scheduler does, short against what a machine does."""
WARM_TURNS = 8
"""Of each side, after the one that compiles: two blocks' worth and a little."""
BLOCKS = 8
OTHERS = 0.25
"""Share of a block that others may take of the cores before it counts for nothing."""
LOST = 0.25
"""Share of its blocks without which a pair is void."""
SECONDS = 600.0
"""After which a silent side is given up."""
BASE, HEAD = "A", "B"


class SideFailedError(RuntimeError):
    """One side gave up or died. The message names it and says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What one pair says: logarithms of head over base; None where it is void."""

    cpu: float | None
    wall: float | None
    dropped: int
    """Blocks that others disturbed."""
    first_seconds: tuple[float, float]
    """Of the turn that compiles, base and head."""


class Contender:
    """One side's process, once it is built: it trains when it is told to, and else stands still."""

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


def measure(
    sides: tuple[Side, Side],
    runners: tuple[Runner, Runner],
    experiment: Experiment,
    turn: Turn | None,
    chance: random.Random,
    folder: Path,
    cores: Sequence[int],
) -> tuple[Pair, Turn]:
    """Measure one pair; return it with the turns that it took, for the pairs to come.

    Which side starts and which begins a block is left to ``chance``. Raises `SideFailedError`.
    """
    with contextlib.ExitStack() as stack:
        order = [0, 1]
        chance.shuffle(order)
        found: dict[int, Contender] = {}
        for place in order:  # one after the other: both are to have the cores to themselves
            contender = stack.enter_context(
                _contender(sides[place], runners[place], experiment, folder)
            )
            found[place] = contender
        base, head = found[0], found[1]
        first, turn = _warmed(base, head, turn)
        blocks = [_block(base, head, turn, chance, cores) for _ in range(BLOCKS)]
    return _pair(blocks, first), turn


@contextlib.contextmanager
def _contender(
    side: Side, runner: Runner, experiment: Experiment, folder: Path
) -> Iterator[Contender]:
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
            contender = Contender(stream, msgspec.json.decode(line, type=Ready), death)
            try:
                yield contender
            finally:
                contender.end()
                connection.close()
        except TimeoutError:
            raise SideFailedError(f"{side.name}: silent for {SECONDS:.0f} s") from None
        finally:
            path.unlink(missing_ok=True)
        thread.join(SECONDS)


def _reason(ended: Sequence[Record]) -> str:
    failed = [record for record in ended if isinstance(record, Failed)]
    return failed[0].reason if failed else "it ended before its turn"


def _warmed(
    base: Contender, head: Contender, turn: Turn | None
) -> tuple[tuple[float, float], Turn]:
    """Compile and warm up both sides; find out how much work a turn is to be, if nobody knows."""
    samples, batch = base.ready.samples, base.ready.batch_size
    whole = turn or Turn(samples=samples, repeat=1)
    first = base.take(whole).wall_seconds, head.take(whole).wall_seconds
    if turn is None:
        seconds = min(base.take(whole).wall_seconds for _ in range(3))
        share = SLICE_SECONDS / seconds
        if share >= 1:
            turn = Turn(samples=samples, repeat=round(share))
        else:
            turn = Turn(samples=max(batch, int(samples * share) // batch * batch), repeat=1)
    for _ in range(WARM_TURNS):
        base.take(turn)
        head.take(turn)
    return first, turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Four turns."""

    sides: str
    """In their order: ``ABBA`` or ``BAAB``."""
    slices: tuple[Slice, ...]
    others: float
    """Share of the cores that others had meanwhile, the virtual machine's neighbours included."""


def _block(
    base: Contender,
    head: Contender,
    turn: Turn,
    chance: random.Random,
    cores: Sequence[int],
) -> Block:
    sides = chance.choice(("ABBA", "BAAB"))
    start, busy = time.perf_counter(), _busy_seconds(cores)
    slices = tuple((base if side == BASE else head).take(turn) for side in sides)
    busy, elapsed = _busy_seconds(cores) - busy, time.perf_counter() - start
    others = (busy - sum(each.cpu_seconds for each in slices)) / (elapsed * len(cores))
    return Block(sides=sides, slices=slices, others=max(0.0, others))


def _busy_seconds(cores: Sequence[int]) -> float:
    """Return for how long these cores have been busy, or taken away, since the machine started."""
    times = psutil.cpu_times(percpu=True)
    return sum(
        sum(times[core])
        - times[core].idle
        - getattr(times[core], "iowait", 0.0)
        # A guest's time is counted as the user's, too.
        - getattr(times[core], "guest", 0.0)
        - getattr(times[core], "guest_nice", 0.0)
        for core in cores
    )


def _pair(blocks: Sequence[Block], first: tuple[float, float]) -> Pair:
    """Return what the blocks say; which of them count does not depend on the sides."""
    kept = [block for block in blocks if block.others <= OTHERS]
    dropped = len(blocks) - len(kept)
    if dropped > LOST * len(blocks):
        return Pair(cpu=None, wall=None, dropped=dropped, first_seconds=first)
    cpu = [block_change(b.sides, [each.cpu_seconds for each in b.slices]) for b in kept]
    wall = [block_change(b.sides, [each.wall_seconds for each in b.slices]) for b in kept]
    return Pair(cpu=pair_change(cpu), wall=pair_change(wall), dropped=dropped, first_seconds=first)
