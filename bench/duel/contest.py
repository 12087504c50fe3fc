"""The whole of a duel: pairs of every cell, until each is settled or the time is up."""

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.duel import quality as qualities
from bench.duel import verdict
from bench.duel.arena import Arena
from bench.duel.cell import Cell, changes_of
from bench.duel.contender import SideFailedError
from bench.duel.journal import Journal
from bench.duel.pairs import Clock, Pair
from bench.duel.verdict import BESIDES, FEWEST, LIMIT, LOOKS, Estimate
from bench.experiment import Experiment
from reports.schema.text import plain

VOID_TOO = 2
"""How many times as many pairs are tried as are wanted, since some are void."""
MEASURES = {
    "import": "importing",
    "first epochs": "first",
    "latency": "latency",
    "peak memory": "memory",
}
"""What is judged besides steady epochs: names for people, and the fields of a `Pair`."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a duel came to; a cell is named as `Cell.name` does."""

    cells: tuple[Cell, ...]
    steady: Mapping[str, Estimate]
    """Of steady epochs, by the cell's clock: what the verdict on it is by."""
    cpu: Mapping[str, Estimate]
    """Likewise, by CPU time; and by wall time, whatever the cell's clock is."""
    wall: Mapping[str, Estimate]
    together: Mapping[str, Estimate]
    """By backend: the mean change of its cells."""
    besides: Mapping[tuple[str, str], Estimate]
    """By measure, one of `MEASURES`, and cell."""
    quality: Mapping[tuple[str, str], Estimate]
    """By metric and cell, in the metric's own unit, of the cells whose numerics changed; *slower*
    is worse."""
    limit: float

    def confirmed(self, cell: Cell) -> bool:
        """Return whether a cell is slower, and fresh pairs say so, too."""
        slower = self.steady[cell.name].verdict == "slower"
        return slower and cell.confirms(cell.clock, self.limit)

    def heavier(self) -> list[tuple[str, str]]:
        """Return measures and cells of which more is sure besides, and confirmed."""
        cells = {cell.name: cell for cell in self.cells}
        return [
            (measure, name)
            for (measure, name), found in self.besides.items()
            if found.verdict == "slower" and cells[name].confirms(MEASURES[measure], self.limit)
        ]

    def worse(self) -> list[tuple[str, str]]:
        """Return metrics and cells of what learns worse."""
        broken = [("loss", cell.name) for cell in self.cells if cell.quality.broken]
        return broken + [key for key, found in self.quality.items() if found.verdict == "slower"]


class Contest:
    """Two sides and the cells that they are measured in."""

    def __init__(
        self,
        arena: Arena,
        experiments: Sequence[Experiment],
        *,
        log: Path,
        limit: float = LIMIT,
        say: Say = print,
    ) -> None:
        self.journal = Journal(log, arena.sides, len(arena.cores), experiments)
        self._arena, self._limit = arena, limit
        self.stopped = False
        """Whether Ctrl-C ended it."""
        self._say: Say = lambda line: say(plain(line))
        self.cells = tuple(Cell(experiment=experiment) for experiment in experiments)

    def run(self, seconds: float, *, resume: bool = False) -> Outcome:
        """Measure until every cell is settled, there are most pairs, or so many seconds passed.

        Ctrl-C ends it with what there is by then. ``resume`` goes on with what the log has of a
        duel of these sides: pairs are looked at after fixed numbers, whenever they were measured.
        """
        if not resume:
            self.journal.begin()
        elif pairs := self.journal.restore(self.cells):
            self._say(f"goes on after {pairs} pairs in {self.journal.path}")
        try:
            self._run(time.monotonic() + seconds)
        except KeyboardInterrupt:
            self.stopped = True
            self._say(f"stopped; what was measured is in {self.journal.path}")
        return self.outcome()

    def _run(self, end: float) -> None:
        for cell in self.cells:
            with self._failing(cell):
                if cell.quality.sides is None:
                    qualities.compare_numerics(
                        cell.quality, self._arena.sides, self._arena.runners, cell.experiment
                    )
                    self.journal.quality(cell)
            self._say(f"{cell.name}: numerics {cell.quality.numerics}")
        for look in LOOKS:
            for cell in self._open():
                self._measure(cell, look, end)
            late = time.monotonic() > end
            if late or look == LOOKS[-1] or not self._open():
                self._confirm(late=late)
                if late or not self._open():
                    break
        self._compare_quality(end)

    def outcome(self) -> Outcome:
        """Return what is known so far."""
        return Outcome(
            cells=self.cells,
            steady=self._judged(),
            cpu=self._judged("cpu"),
            wall=self._judged("wall"),
            together=self._together(),
            besides=self._besides(),
            quality=self._quality(),
            limit=self._limit,
        )

    @property
    def _backends(self) -> list[str]:
        return list(dict.fromkeys(cell.experiment.backend for cell in self.cells))

    @property
    def _questions(self) -> int:
        """Number of what is asked of steady epochs: of each cell, and of each backend."""
        return len(self.cells) + len(self._backends)

    def _judged(self, clock: Clock | None = None) -> dict[str, Estimate]:
        """Return what is known of steady epochs by a clock; None: by that of each cell."""
        values = {cell.name: changes_of(cell.sound, clock or cell.clock) for cell in self.cells}
        return verdict.judge(values, limit=self._limit, questions=self._questions)

    def _together(self) -> dict[str, Estimate]:
        found = {}
        for backend in self._backends:
            cells = [c for c in self.cells if c.experiment.backend == backend and not c.failure]
            if len(cells) > 1:
                values = {cell.name: changes_of(cell.sound, cell.clock) for cell in cells}
                found[backend] = verdict.judge_together(
                    values, limit=self._limit, questions=self._questions
                )
        return found

    def _besides(self) -> dict[tuple[str, str], Estimate]:
        found = {}
        for name, measure in MEASURES.items():
            estimates = verdict.judge(
                {cell.name: changes_of(cell.sound, measure) for cell in self.cells},
                limit=self._limit,
                error=BESIDES,
                questions=len(MEASURES) * len(self.cells),
            )
            found.update({(name, cell): estimate for cell, estimate in estimates.items()})
        return found

    def _quality(self) -> dict[tuple[str, str], Estimate]:
        from reports.gate import limits

        effects = limits.read().effects
        found = {}
        changed = [cell for cell in self.cells if cell.quality.changed]
        for metric in qualities.METRICS:
            base = {c.name: c.quality.base[metric] for c in changed if metric in c.quality.base}
            estimates = verdict.judge_differences(
                {cell.name: cell.quality.worse(metric) for cell in changed if cell.name in base},
                limits={n: effects[metric].of(sum(v) / len(v)) for n, v in base.items()},
                questions=len(qualities.METRICS) * len(changed),
            )
            found.update({(metric, cell): estimate for cell, estimate in estimates.items()})
        return found

    def _open(self) -> list[Cell]:
        """Return the cells that more pairs are worth, those that fresh pairs deny among them."""
        found = self._judged()
        return [
            cell
            for cell in self.cells
            if not cell.failure
            and (
                found[cell.name].verdict == "not settled"
                or (found[cell.name].verdict == "slower" and self._denied(cell))
            )
        ]

    def _denied(self, cell: Cell) -> bool:
        asked = len(cell.fresh) >= FEWEST
        return asked and not cell.confirms(cell.clock, self._limit)

    def _measure(self, cell: Cell, wanted: int, end: float) -> None:
        """Add pairs to a cell until it has so many, or the time is up."""
        tries = VOID_TOO * (wanted - len(cell.sound))
        while len(cell.sound) < wanted and tries and not cell.failure:
            if time.monotonic() > end:
                return
            tries -= 1
            if pair := self._pair(cell):
                cell.pairs.append(pair)

    def _pair(self, cell: Cell, note: str = "") -> Pair | None:
        with self._failing(cell):
            pair = self._arena.measure(cell.experiment, cell.work)
            self.journal.pair(cell, pair, fresh=bool(note))
            number = len(cell.fresh if note else cell.pairs) + 1
            self._say(f"{cell.name}: {note}pair {number}, {_percent(pair)}")
            return pair
        return None

    def _confirm(self, *, late: bool) -> None:
        """Ask fresh pairs whether what is slower or heavier is so: before a job fails of it.

        The first are asked though it is ``late``. What they deny is asked again after more pairs.
        """
        outcome = self.outcome()
        slower = {name for name, found in outcome.steady.items() if found.verdict == "slower"}
        heavier = {name for (_, name), e in outcome.besides.items() if e.verdict == "slower"}
        for cell in self.cells:
            again = cell.name in slower and self._denied(cell) and not late
            wanted = len(cell.fresh) + FEWEST if again else FEWEST
            if cell.name not in slower | heavier or cell.failure or len(cell.fresh) >= wanted:
                continue
            self._say(f"{cell.name}: more than before; asking {FEWEST} fresh pairs")
            for _ in range(VOID_TOO * FEWEST):
                if len(cell.fresh) >= wanted or cell.failure:
                    break
                pair = self._pair(cell, "fresh ")
                if pair and pair.cpu is not None:
                    cell.fresh.append(pair)

    def _compare_quality(self, end: float) -> None:
        """Train with more seeds where numerics changed, until it is settled or the time is up."""
        for seeds in qualities.SEEDS:
            found = self._quality()
            for cell in self.cells:
                quality = cell.quality
                told = [m for m in qualities.METRICS if m in quality.base or not quality.base]
                estimates = [found.get((metric, cell.name)) for metric in told]
                settled = all(each and each.verdict != "not settled" for each in estimates)
                if not quality.changed or settled or quality.broken:
                    continue
                before = quality.seeds
                while quality.seeds < seeds and not cell.failure and time.monotonic() < end:
                    with self._failing(cell):
                        qualities.add_seed(
                            quality, self._arena.sides, self._arena.runners, cell.experiment
                        )
                        self.journal.quality(cell)
                if quality.seeds > before:
                    self._say(f"{cell.name}: trained with {quality.seeds} seeds")

    @contextlib.contextmanager
    def _failing(self, cell: Cell) -> Iterator[None]:
        """Take the failure of a side for the cell's."""
        try:
            yield
        except SideFailedError as error:
            cell.failure = str(error)
            self._say(f"{cell.name}: FAILED: {error}")


def _percent(pair: Pair) -> str:
    change = pair.wall if pair.clock == "wall" else pair.cpu
    shown = {"cpu": "CPU", "wall": "wall time"}[pair.clock]
    return "void: others took the cores" if change is None else f"{math.expm1(change):+.1%} {shown}"
