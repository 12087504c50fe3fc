"""Ways to train a network, raced: all at first, then those that may win, until one surely does.

A generation is one fresh process of each way; they take turns, in an order drawn anew each round,
while the others stand still. Processes differ, so the generation is the unit, never the turn.
"""

import contextlib
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.advise.entrant import Entrant, Ratio, levels, ratios
from bench.duel.contender import Contender, SideFailedError, contender, require_sockets
from bench.duel.sides import Side
from bench.executors.held_folder import HeldFolder
from bench.executors.process import HERE, Runner
from bench.protocol import Turn

TURN_SECONDS = 1.0
"""Of the first way's turn, at least: all others train on as many samples. Plain `fit` takes up to a
tenth of it before its first step, which in a long training it does once."""
MOST_SAMPLES = 2**20
SCREENING = 3
"""Rounds of the first generation, in which most ways are left behind."""
HOPELESS = 3.0
"""How many times the fastest's time in a first turn is told apart for good: no second is needed."""
ROUNDS = 4
GENERATIONS = 4
"""Of those that may win, before it may be settled."""
FEWEST = 3
"""Of them, however little time there is."""
MOST_GENERATIONS = 12
LOOKS = MOST_GENERATIONS - 1
"""How often it may be asked whether it is settled."""
FAR = 1.25
"""How many times the fastest's time is too much to go on with."""
FINALISTS = 4
MATTERS = 0.05
"""Share by which two ways may differ and still be one as good as the other."""
CALLS = 30
"""Predictions of single samples in a turn of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a race came to."""

    entrants: tuple[Entrant, ...]
    """All that took part."""
    finalists: tuple[Entrant, ...]
    """Fastest first."""
    generations: int
    """In which all finalists ran."""
    samples: int
    """That a turn trains on."""
    ratios: dict[tuple[str, str], Ratio]
    """Seconds of one finalist over those of another, by their names."""
    settled: bool
    """Whether each other one is surely slower, or surely as good."""


class Race:
    """A race between some ways to train one network."""

    def __init__(
        self,
        entrants: Sequence[Entrant],
        cores: Sequence[int],
        *,
        say: Callable[[str], None] = print,
    ) -> None:
        self._entrants, self._cores, self._say = tuple(entrants), cores, say
        self._chance = random.Random(0)
        self._turn: Turn | None = None

    def run(self, seconds: float) -> Result:
        """Race until it is settled, or for about so many seconds, with `FEWEST` generations.

        Raises `OSError` where there can be no sockets.
        """
        end = time.monotonic() + seconds
        with contextlib.closing(HeldFolder()) as held:
            require_sockets(held.path)
            backends = dict.fromkeys(e.experiment.backend for e in self._entrants)
            self._turn = self._sized(held.path)
            for backend in backends if self._turn else ():
                group = [e for e in self._entrants if e.experiment.backend == backend]
                self._generation(group, SCREENING, held.path, screening=True)
                self._say(f"{backend}: {_briefly(group)}")
            finalists = self._finalists()
            result = self._result(finalists, 0)
            for number in range(1, MOST_GENERATIONS + 1):
                settled = number > GENERATIONS and result.settled
                late = number > FEWEST and time.monotonic() > end
                if settled or late or not finalists:
                    break
                self._generation(finalists, ROUNDS, held.path)
                finalists = [entrant for entrant in finalists if entrant.racing]
                result = self._result(finalists, number)
                self._say(f"generation {number}: {_briefly(finalists)}")
        return result

    def _finalists(self) -> list[Entrant]:
        """Return plain `fit` of each backend and the fastest others, those that are not far off."""
        ready = [entrant for entrant in self._entrants if entrant.racing]
        if not ready:
            return []
        fastest = min(entrant.seconds for entrant in ready)
        others = [e for e in ready if not e.plain and e.seconds <= FAR * fastest]
        plain = [entrant for entrant in ready if entrant.plain]
        others.sort(key=lambda entrant: entrant.seconds)
        return plain + others[: max(1, FINALISTS - len(plain))]

    def _generation(
        self, entrants: Sequence[Entrant], rounds: int, folder: Path, *, screening: bool = False
    ) -> None:
        """Build a process of each, let them take turns, and keep what was measured.

        In a ``screening`` those far behind take one turn.
        """
        with contextlib.ExitStack() as stack:
            running: dict[str, Contender] = {}
            drawn = self._chance.sample(list(entrants), len(entrants))
            for entrant in drawn:
                with _failing(entrant):
                    runner = stack.enter_context(Runner(self._cores, shares=True))
                    started = contender(_side(entrant), runner, entrant.experiment, folder)
                    running[entrant.name] = stack.enter_context(started)
            for entrant in drawn:  # they import side by side, and no clock runs meanwhile
                with _failing(entrant):
                    running[entrant.name].wait()
            for entrant in drawn:
                if not entrant.failure:
                    with _failing(entrant):
                        self._first(entrant, running[entrant.name])
            order = [entrant for entrant in entrants if entrant.racing]
            alive = order
            for entrant in alive:
                entrant.rounds.append([])
            for number in range(rounds):
                if screening and number:
                    order = _hopeful(order, self._entrants)
                for entrant in self._chance.sample(order, len(order)):
                    with _failing(entrant):
                        assert self._turn
                        slice = running[entrant.name].take(self._turn)
                        entrant.rounds[-1].append(slice.wall_seconds)
                        entrant.memory_bytes = max(entrant.memory_bytes, slice.peak_memory_bytes)
                order = [entrant for entrant in order if not entrant.failure]
            for entrant in alive:
                if entrant.failure:
                    continue
                with _failing(entrant):
                    self._predict(entrant, running[entrant.name])

    def _sized(self, folder: Path) -> Turn | None:
        """Return what a turn is: as many samples as take the first way its time."""
        for entrant in self._entrants:
            with (
                _failing(entrant),
                Runner(self._cores, shares=True) as runner,
                contender(_side(entrant), runner, entrant.experiment, folder) as process,
            ):
                process.wait()
                return _turn(process)
        return None

    def _first(self, entrant: Entrant, process: Contender) -> None:
        """Let a process that is built train until it is warm."""
        assert self._turn
        entrant.in_force, entrant.device = process.ready.in_force, process.ready.device
        if self._same_as(entrant):
            return
        entrant.first_seconds.append(process.take(self._turn).wall_seconds)
        if process.ready.import_cpu_seconds:
            entrant.import_seconds.append(process.ready.import_cpu_seconds)
        process.take(self._turn)

    def _same_as(self, entrant: Entrant) -> str | None:
        """Note and return which other entrant trains in the same way: `default` before others."""
        for other in self._entrants:
            alike = other.in_force == entrant.in_force and other.in_force is not None
            mine = other.experiment.backend == entrant.experiment.backend
            if other is entrant or not (alike and mine) or other.same_as or other.failure:
                continue
            if entrant.plain:  # the other began first, in the order that was drawn
                other.same_as = entrant.name
            else:
                entrant.same_as = other.name
                return other.name
        return None

    def _predict(self, entrant: Entrant, process: Contender) -> None:
        calls = Turn(samples=1, repeat=CALLS, predict=True)
        process.take(calls)
        entrant.latency_seconds.append(process.take(calls).wall_seconds / CALLS)

    def _result(self, finalists: Sequence[Entrant], generations: int) -> Result:
        ranked = sorted(finalists, key=lambda entrant: entrant.seconds)
        compared: dict[tuple[str, str], Ratio] = {}
        if generations > 1 and len(ranked) > 1:
            found = levels(ranked, generations)
            ranked.sort(key=lambda entrant: sum(found[entrant.name]))
            compared = ratios(found, LOOKS)
        return Result(
            entrants=self._entrants,
            finalists=tuple(ranked),
            generations=generations,
            samples=self._turn.samples if self._turn else 0,
            ratios=compared,
            settled=bool(finalists)
            and all(_is_settled(compared[other.name, ranked[0].name]) for other in ranked[1:])
            if compared
            else len(ranked) == 1,
        )


def _side(entrant: Entrant) -> Side:
    return Side(name=entrant.name, installation=HERE, change=lambda experiment: experiment)


def _turn(process: Contender) -> Turn:
    turn = Turn(samples=process.ready.batch_size, repeat=1)
    process.take(turn)  # compiles
    while process.take(turn).wall_seconds < TURN_SECONDS and turn.samples < MOST_SAMPLES:
        turn = replace(turn, samples=2 * turn.samples)
    return turn


def _hopeful(entrants: Sequence[Entrant], everywhere: Sequence[Entrant]) -> list[Entrant]:
    """Return those that may still be the fastest of all that were screened, by first rounds."""
    first = (e.rounds[0][0] for e in everywhere if e.rounds and e.rounds[0] and not e.failure)
    least = min(first, default=0.0)
    return [entrant for entrant in entrants if entrant.rounds[0][0] <= HOPELESS * least]


def _is_settled(ratio: Ratio) -> bool:
    return ratio.low > 1 or ratio.high < 1 + MATTERS


def _briefly(entrants: Sequence[Entrant]) -> str:
    return "; ".join(
        f"{e.experiment.backend} {e.experiment.execution} "
        + (f"{e.seconds * 1000:,.0f} ms" if e.racing else "FAILED" if e.failure else "the same")
        for e in entrants
    )


@contextlib.contextmanager
def _failing(entrant: Entrant) -> Iterator[None]:
    """Take the failure of a process for its entrant's."""
    try:
        yield
    except SideFailedError as error:
        entrant.failure = str(error).removeprefix(f"{entrant.name}: ")
