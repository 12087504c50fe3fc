"""The whole of a duel: pairs of every cell, until each is settled or the time is up."""

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
from scipy import stats

from bench.duel import pairs
from bench.duel.pairs import Pair, SideFailedError
from bench.duel.sides import Side
from bench.duel.verdict import FEWEST, LIMIT, LOOKS, Estimate, judge, judge_together
from bench.executors.process import Runner
from bench.experiment import Experiment
from bench.protocol import Turn
from reports.schema.record import Trained

CONFIRMED = 0.05
"""One-sided error of the fresh pairs that confirm what is slower."""
VOID_TOO = 2
"""How many times as many pairs are tried as are wanted, since some are void."""

Say = Callable[[str], None]


@dataclass(slots=True, kw_only=True)
class Cell:
    """One network on one backend."""

    experiment: Experiment
    pairs: list[Pair] = field(default_factory=list)
    turn: Turn | None = None
    failure: str | None = None
    numerics: str = "not compared"
    confirmed: bool | None = None
    """Whether fresh pairs say *slower*, too; None where nobody asked them."""

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.experiment.architecture}, {self.experiment.backend}"

    @property
    def sound(self) -> list[Pair]:
        """The pairs that are not void."""
        return [pair for pair in self.pairs if pair.cpu is not None]

    def changes(self, clock: str) -> list[float]:
        """Return what each pair says, as logarithms, by ``cpu`` or ``wall``."""
        return [getattr(pair, clock) for pair in self.sound]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a duel came to."""

    cells: tuple[Cell, ...]
    cpu: Mapping[str, Estimate]
    """By the cells' names: what the verdict is by."""
    wall: Mapping[str, Estimate]
    together: Mapping[str, Estimate]
    """By backend: the mean change of its cells."""


class Contest:
    """Two sides and the cells that they are measured in."""

    def __init__(
        self,
        sides: tuple[Side, Side],
        runners: tuple[Runner, Runner],
        experiments: Sequence[Experiment],
        *,
        folder: Path,
        cores: Sequence[int],
        log: Path,
        seed: int,
        limit: float = LIMIT,
        say: Say = print,
    ) -> None:
        self._sides, self._runners, self._folder, self._log = sides, runners, folder, log
        self._cores = cores
        self._chance, self._limit, self._say = random.Random(seed), limit, say
        self.cells = tuple(Cell(experiment=experiment) for experiment in experiments)

    def run(self, seconds: float) -> Outcome:
        """Measure until every cell is settled, there are most pairs, or so many seconds passed."""
        end = time.monotonic() + seconds
        for cell in self.cells:
            cell.numerics = self._numerics(cell)
            self._say(f"{cell.name}: numerics {cell.numerics}")
        for look in LOOKS:
            for cell in self._open():
                self._measure(cell, look, end)
            if not self._open() or time.monotonic() > end:
                break
        for name, found in self._judged("cpu").items():
            if found.verdict == "slower":
                self._confirm(next(cell for cell in self.cells if cell.name == name))
        return self.outcome()

    def outcome(self) -> Outcome:
        """Return what is known so far."""
        backends = dict.fromkeys(cell.experiment.backend for cell in self.cells)
        return Outcome(
            cells=self.cells,
            cpu=self._judged("cpu"),
            wall=self._judged("wall"),
            together={
                backend: judge_together(
                    {
                        cell.name: cell.changes("cpu")
                        for cell in self.cells
                        if cell.experiment.backend == backend
                    },
                    limit=self._limit,
                )
                for backend in backends
            },
        )

    def _judged(self, clock: str) -> dict[str, Estimate]:
        return judge({c.name: c.changes(clock) for c in self.cells}, limit=self._limit)

    def _open(self) -> list[Cell]:
        """Return the cells that more pairs are worth."""
        found = self._judged("cpu")
        return [c for c in self.cells if not c.failure and found[c.name].verdict == "not settled"]

    def _measure(self, cell: Cell, wanted: int, end: float) -> None:
        """Add pairs to a cell until it has so many, or the time is up."""
        tries = VOID_TOO * (wanted - len(cell.sound))
        while len(cell.sound) < wanted and tries and not cell.failure:
            if time.monotonic() > end:
                return
            tries -= 1
            if pair := self._pair(cell):
                cell.pairs.append(pair)
                self._say(f"{cell.name}: pair {len(cell.pairs)}, {_percent(pair.cpu)}")

    def _pair(self, cell: Cell) -> Pair | None:
        try:
            pair, cell.turn = pairs.measure(
                self._sides,
                self._runners,
                cell.experiment,
                cell.turn,
                self._chance,
                self._folder,
                self._cores,
            )
        except SideFailedError as error:
            cell.failure = str(error)
            self._say(f"{cell.name}: FAILED: {error}")
            return None
        self._keep(cell, pair)
        return pair

    def _keep(self, cell: Cell, pair: Pair) -> None:
        """Write a pair down at once: what was measured is kept, whatever comes."""
        names = [side.name for side in self._sides]
        line = {"cell": cell.name, "sides": names, **msgspec.to_builtins(pair)}
        with self._log.open("ab") as stream:
            stream.write(msgspec.json.encode(line) + b"\n")

    def _confirm(self, cell: Cell) -> None:
        """Ask fresh pairs whether what is slower is so: before a job fails of it."""
        self._say(f"{cell.name}: slower; asking {FEWEST} fresh pairs")
        fresh: list[float] = []
        for _ in range(VOID_TOO * FEWEST):
            if len(fresh) == FEWEST or cell.failure:
                break
            pair = self._pair(cell)
            if pair and pair.cpu is not None:
                fresh.append(pair.cpu)
        if len(fresh) < FEWEST:
            cell.confirmed = False
            return
        mean = sum(fresh) / len(fresh)
        p = stats.ttest_1samp(fresh, 0, alternative="greater").pvalue
        cell.confirmed = bool(mean >= math.log1p(self._limit / 2) and p < CONFIRMED)

    def _numerics(self, cell: Cell) -> str:
        """Return whether both sides compute the same: the same weights after a short training."""
        records = []
        for side, runner in zip(self._sides, self._runners, strict=True):
            wanted = replace(side.change(cell.experiment), cores=None)
            record = runner.run(wanted)
            if not isinstance(record, Trained):
                cell.failure = f"{side.name}: {getattr(record, 'reason', 'gave no result')}"
                return f"not compared: {cell.failure}"
            records.append(record)
        return same(*records)


def same(base: Trained, head: Trained) -> str:
    """Return whether two trainings are one, or in which epoch they part, and by how much."""
    if base.weights == head.weights and base.history == head.history:
        return "equal, to the bit"
    for epoch, (old, new) in enumerate(
        zip(base.history.train["loss"], head.history.train["loss"], strict=False), 1
    ):
        if old != new:
            apart = "" if old is None or new is None else f", loss by {abs(new - old):.1e}"
            return f"CHANGED, first in epoch {epoch}{apart}"
    return "CHANGED, after the losses"


def _percent(change: float | None) -> str:
    return "void: others took the cores" if change is None else f"{math.expm1(change):+.1%} CPU"
