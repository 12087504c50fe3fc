"""Where two sides are measured: their processes, and the cores that they share."""

import contextlib
import random
import signal
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.duel import pairs, sides
from bench.duel.contender import Contender, contender, require_sockets
from bench.duel.pairs import Pair, Work
from bench.duel.sides import Side, SideError
from bench.executors.held_folder import HeldFolder
from bench.executors.process import Runner
from bench.experiment import Experiment
from bench.machine import usable_cores
from bench.selection import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Arena:
    """Two sides that can be measured."""

    sides: tuple[Side, Side]
    """Base and head."""
    runners: tuple[Runner, Runner]
    """Of their trainings over whole epochs, which are not timed."""
    cores: Sequence[int]
    """Numbers of those that both sides share."""
    others: Sequence[int]
    """As many, for one of the two while both are built at the same time; none: one after the
    other."""
    folder: Path
    """For sockets."""
    chance: random.Random
    """Says which side starts, on which cores it is built, and which begins a block."""

    def measure(self, experiment: Experiment, work: Work) -> Pair:
        """Measure one pair of fresh processes; raises `bench.duel.contender.SideFailedError`.

        Neither shares anything with the process of another pair, not even an import: where code
        and objects come to lie is part of what differs between processes.
        """
        order = [0, 1]
        self.chance.shuffle(order)
        with contextlib.ExitStack() as stack:
            found: dict[int, Contender] = {}
            for place, cores in zip(order, (self.cores, self.others or self.cores), strict=True):
                side = self.sides[place]
                runner = stack.enter_context(Runner(cores, side.installation, shares=True))
                started = contender(side, runner, experiment, self.folder)
                found[place] = stack.enter_context(started)
                if not self.others:
                    found[place].wait()
            if self.others:
                for each in found.values():
                    each.wait()
            return pairs.measure(
                found[0],
                found[1],
                work,
                cores=self.cores,
                apart=bool(self.others),
                chance=self.chance,
            )


@contextlib.contextmanager
def arena(
    base: str,
    head: str,
    experiments: Sequence[Experiment],
    *,
    cores: Sequence[int],
    seed: int = 0,
    selection: Selection = sides.NOTHING,
) -> Iterator[Arena]:
    """Make both sides of what the user wrote; in the end, leave nothing of them behind.

    ``experiments`` are what will be measured: their backends, and what of them is the user's own,
    decide what a side has to have. ``selection`` is what they were planned from.

    Raises `SideError`, `bench.selection.PlanError` and `OSError`.
    """
    if not hasattr(signal, "SIGSTOP"):
        raise SideError("a duel halts one side while the other works: Linux and macOS can do that")
    with contextlib.ExitStack() as stack:
        held = HeldFolder()
        stack.callback(held.close)
        require_sockets(held.path)
        backends = dict.fromkeys(experiment.backend for experiment in experiments)
        own = tuple(dict.fromkeys(each.own for each in experiments if each.own))
        made = []
        for letter, name in (("a", base), ("b", head)):  # paths of equal length
            folder = Path(tempfile.mkdtemp(prefix=f"{letter}-", dir=held.path))
            made.append(stack.enter_context(sides.make(name, folder, backends, own, selection)))
        rest = [core for core in usable_cores() if core not in cores][: len(cores)]
        others = rest if len(rest) == len(cores) else []
        runners = [
            stack.enter_context(Runner(where, side.installation, shares=True))
            for where, side in zip((cores, others or cores), made, strict=True)
        ]
        yield Arena(
            sides=(made[0], made[1]),
            runners=(runners[0], runners[1]),
            cores=cores,
            others=others,
            folder=held.path,
            chance=random.Random(seed),
        )
