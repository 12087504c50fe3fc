"""A pair of fresh processes of the two sides, which work in turns on the same cores."""

import math
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import psutil

from bench.duel.contender import Contender
from bench.duel.verdict import block_change, pair_change
from bench.machine import busy_seconds
from bench.protocol import Slice, Turn

SLICE_SECONDS = 0.1
"""Of a turn, about: long against what the scheduler does, short against what a machine does."""
WARM_TURNS = 4
"""Of each side, after the one that compiles: two blocks' worth."""
BLOCKS = 6
CALLS_SECONDS = 0.04
"""Of a turn of predictions."""
CALLS_BLOCKS = 4
"""Of predictions."""
OTHERS = 0.25
"""Share of a block that others may take of the cores before it counts for nothing."""
LOST = 0.25
"""Share of its blocks without which a pair is void."""
BASE, HEAD = "A", "B"
CPU = "cpu"
"""The device that is no accelerator."""

Clock = Literal["cpu", "wall"]


@dataclass(slots=True, kw_only=True)
class Work:
    """How much a turn is, the same for all pairs of a cell: the first of them finds it out."""

    training: Turn | None = None
    predicting: Turn | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Four turns."""

    sides: str
    """In their order: ``ABBA`` or ``BAAB``."""
    slices: tuple[Slice, ...]
    others: float
    """Share of the cores that others had meanwhile, ``steal`` included."""
    steal: float | None
    """Share that the virtual machine's neighbours had, where the system tells."""

    @property
    def counts(self) -> bool:
        """Whether others left it alone: which does not depend on the sides."""
        return self.others <= OTHERS

    def change(self, clock: str) -> float:
        """Return head less base, as logarithms, by ``cpu_seconds`` or ``wall_seconds``."""
        return block_change(self.sides, [getattr(each, clock) for each in self.slices])


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What one pair says: logarithms of head over base; None where others disturbed it."""

    cpu: float | None
    """Of steady epochs; a pair without it is void."""
    wall: float | None
    first: float
    """Of the first two epochs, which compile, by `clock`: with some releases the second does
    anew."""
    latency: float | None
    """Of predictions of single samples, likewise."""
    memory: float
    """Of the most that the processes had in memory, once trained."""
    importing: float | None = None
    """Of the import of Keras and its backend, CPU time; None where a side does not tell."""
    devices: tuple[str, ...] = ()
    """What the sides compute on, as far as they tell."""
    training: tuple[Block, ...]
    """All that was measured, what was dropped included."""
    predicting: tuple[Block, ...]

    @property
    def accelerators(self) -> tuple[str, ...]:
        """The devices that are no CPU."""
        return tuple(dict.fromkeys(device for device in self.devices if device != CPU))

    @property
    def clock(self) -> Clock:
        """What sees the work of both sides: their CPU time does not see what accelerators do."""
        return clock(self.devices)


def clock(devices: Iterable[str]) -> Clock:
    """Return what tells how long these devices work."""
    return "cpu" if all(device == CPU for device in devices) else "wall"


def measure(
    base: Contender,
    head: Contender,
    work: Work,
    *,
    cores: Sequence[int],
    apart: bool,
    chance: random.Random,
) -> Pair:
    """Measure a pair that was just built, on cores that they share; raises `SideFailedError`.

    If they were built ``apart``, each on cores of its own, they compile there, too. ``chance`` says
    which begins a block.
    """
    compiling = [_both(base, head, _epoch(base), at_once=apart) for _ in range(2)]
    few = work.predicting or Turn(samples=1, repeat=10, predict=True)
    for _ in range(2):
        _both(base, head, few, at_once=apart)
    for side in (base, head):
        side.move(cores)
    turn = work.training = work.training or _training(base, head)
    for _ in range(WARM_TURNS):
        _both(base, head, turn)
    training = [_block(base, head, turn, cores, chance) for _ in range(BLOCKS)]
    turn = work.predicting = work.predicting or _predicting(base, few)
    _both(base, head, turn)
    predicting = [_block(base, head, turn, cores, chance) for _ in range(CALLS_BLOCKS)]
    devices = tuple(side.ready.device for side in (base, head) if side.ready.device)
    seconds = f"{clock(devices)}_seconds"
    last = {side: each for b in training for side, each in zip(b.sides, b.slices, strict=True)}
    spent = [sum(getattr(each[side], seconds) for each in compiling) for side in range(2)]
    return Pair(
        cpu=_change(training, "cpu_seconds"),
        wall=_change(training, "wall_seconds"),
        first=math.log(spent[1] / spent[0]),
        latency=_change(predicting, seconds),
        memory=math.log(last[HEAD].peak_memory_bytes / last[BASE].peak_memory_bytes),
        importing=_importing(base, head),
        devices=devices,
        training=tuple(training),
        predicting=tuple(predicting),
    )


def _block(
    base: Contender, head: Contender, turn: Turn, cores: Sequence[int], chance: random.Random
) -> Block:
    sides = chance.choice(("ABBA", "BAAB"))
    start, busy, steal = time.perf_counter(), busy_seconds(cores), _stolen_seconds(cores)
    slices = tuple((base if side == BASE else head).take(turn) for side in sides)
    elapsed, busy_after = time.perf_counter() - start, busy_seconds(cores)
    steal_after = _stolen_seconds(cores)
    there_was = elapsed * len(cores)
    others = (busy_after - busy - sum(each.cpu_seconds for each in slices)) / there_was
    stolen = None if steal is None or steal_after is None else (steal_after - steal) / there_was
    return Block(sides=sides, slices=slices, others=max(0.0, others), steal=stolen)


def _both(
    base: Contender, head: Contender, turn: Turn, *, at_once: bool = False
) -> tuple[Slice, Slice]:
    if not at_once:
        return base.take(turn), head.take(turn)
    base.begin(turn)
    head.begin(turn)
    return base.finish(), head.finish()


def _epoch(side: Contender) -> Turn:
    return Turn(samples=side.ready.samples, repeat=1)


def _training(side: Contender, other: Contender) -> Turn:
    """Find out how much training a turn is to be: whole batches of both, or whole epochs."""
    whole, batch = _epoch(side), math.lcm(side.ready.batch_size, other.ready.batch_size)
    seconds: list[float] = []
    while len(seconds) < 3 or sum(seconds) < 5 * SLICE_SECONDS:
        seconds.append(side.take(whole).wall_seconds)
    share = SLICE_SECONDS / min(seconds)
    if share >= 1:
        return replace(whole, repeat=round(share))
    samples = max(batch, int(whole.samples * share) // batch * batch)
    return replace(whole, samples=min(whole.samples, samples))


def _predicting(side: Contender, few: Turn) -> Turn:
    """Find out how many predictions a turn is to be."""
    seconds = side.take(few).wall_seconds / few.repeat
    return replace(few, repeat=max(1, round(CALLS_SECONDS / seconds)))


def _stolen_seconds(cores: Sequence[int]) -> float | None:
    """Return for how long the virtual machine's neighbours had these cores; None: who knows."""
    times = psutil.cpu_times(percpu=True)
    steal = [getattr(times[core], "steal", None) for core in cores]
    return None if None in steal else sum(filter(None, steal))


def _importing(base: Contender, head: Contender) -> float | None:
    before, after = base.ready.import_cpu_seconds, head.ready.import_cpu_seconds
    return math.log(after / before) if before and after else None


def _change(blocks: Sequence[Block], clock: str) -> float | None:
    """Return what the blocks say, those that count; None where too few do."""
    kept = [block for block in blocks if block.counts]
    if len(blocks) - len(kept) > LOST * len(blocks):
        return None
    return pair_change([block.change(clock) for block in kept])
