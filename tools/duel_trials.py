"""How often a duel is right: pairs of sides whose difference is known, and what verdicts they make.

``python -m tools.duel_trials measure BASE HEAD --cells NETWORK:BACKEND,… --pairs N --log FILE``
adds N pairs of each cell to a file, the cells in turns. ``python -m tools.duel_trials table EQUAL
[CHANGED]`` draws whole comparisons of all cells from the pairs of two equal sides, with
replacement, judges the steady epochs as a duel does, confirmation by fresh pairs included, and
prints how many raised an alarm; then likewise with one cell's pairs, and with those of all cells,
from a file whose head was changed: how many found it.
"""

import argparse
import json
import math
import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scipy import stats

from bench.duel import verdict
from bench.duel.arena import arena
from bench.duel.pairs import Work
from bench.duel.verdict import FEWEST, LIMIT, LOOKS
from bench.machine import usable_cores
from bench.plan import plan_trainings
from bench.selection import Selection

KEPT = ("cpu", "wall", "first", "latency", "memory")
"""Of each pair: logarithms of head over base (`bench.duel.pairs.Pair`)."""
COMPARISONS = 1000
"""Drawn for each share."""
Pairs = Mapping[str, Sequence[float]]
"""Of each cell, as logarithms."""


def measure(options: argparse.Namespace) -> None:
    """Add pairs to the log."""
    cells = []
    for name in options.cells.split(","):
        network, _, backend = name.partition(":")
        chosen = Selection(
            profile="smoke", backends=(backend,), networks=(network,), epochs=2, cores=(1,)
        )
        cells += [(name, one, Work()) for one in plan_trainings(chosen)][:1]
    experiments = [experiment for _, experiment, _ in cells]
    cores = usable_cores()[-1:]
    with arena(options.base, options.head, experiments, cores=cores, seed=options.seed) as where:
        for number in range(1, options.pairs + 1):
            for name, experiment, work in cells:
                pair = where.measure(experiment, work)
                line = {"cell": name, **{each: getattr(pair, each) for each in KEPT}}
                with options.log.open("a") as log:
                    log.write(json.dumps(line) + "\n")
            print(f"{number} of {options.pairs}", flush=True)


def read(log: Path, clock: str = "cpu") -> dict[str, list[float]]:
    """Return the changes of each cell; void pairs, which a duel measures anew, are left out."""
    cells: dict[str, list[float]] = {}
    for line in log.read_text().splitlines():
        pair = json.loads(line)
        if pair[clock] is not None:
            cells.setdefault(pair["cell"], []).append(pair[clock])
    return cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A comparison that was drawn."""

    verdicts: Mapping[str, verdict.Verdict]
    """Of each cell; what fresh pairs do not confirm is not settled."""
    together: Mapping[str, verdict.Verdict]
    """Of each backend with several cells."""
    pairs: int
    """That it took, of all cells."""

    @property
    def alarm(self) -> bool:
        """Return whether it called anything changed."""
        found = {*self.verdicts.values(), *self.together.values()}
        return bool(found & {"slower", "faster"})


def draw(cells: Pairs, chance: random.Random) -> Drawn:
    """Draw one comparison from the pairs of its cells."""
    drawn: dict[str, list[float]] = {name: [] for name in cells}
    open_ = list(cells)
    backends = {name.partition(":")[2] for name in cells}
    questions = len(cells) + len(backends)
    for look in LOOKS:
        for name in open_:
            drawn[name] += chance.choices(cells[name], k=look - len(drawn[name]))
        found = verdict.judge(drawn, questions=questions)
        open_ = [name for name, each in found.items() if each.verdict == "not settled"]
        if not open_:
            break
    verdicts = {name: each.verdict for name, each in found.items()}
    for name in [name for name, each in verdicts.items() if each == "slower"]:
        if not verdict.confirmed(chance.choices(cells[name], k=FEWEST), LIMIT):
            verdicts[name] = "not settled"
    together = {}
    for backend in backends:
        of_it = {name: pairs for name, pairs in drawn.items() if name.endswith(f":{backend}")}
        if len(of_it) > 1:
            estimate = verdict.judge_together(of_it, limit=LIMIT, questions=questions)
            together[backend] = estimate.verdict
    return Drawn(verdicts=verdicts, together=together, pairs=sum(map(len, drawn.values())))


def table(options: argparse.Namespace) -> None:
    """Print what the pairs are worth."""
    chance = random.Random(0)
    equal = read(options.equal)
    _spreads(options.equal)
    drawn = [draw(equal, chance) for _ in range(COMPARISONS)]
    print("equal sides:", _share([each.alarm for each in drawn]), "of comparisons alarm")
    settled = [v == "not slower" for each in drawn for v in each.verdicts.values()]
    print("cells not slower:", _share(settled))
    print(f"pairs of a comparison: {statistics.mean(each.pairs for each in drawn):.0f}")
    if options.changed:
        changed = read(options.changed)
        _spreads(options.changed)
        for name in changed:
            one = [
                draw({**equal, name: changed[name]}, chance).verdicts[name] == "slower"
                for _ in range(COMPARISONS)
            ]
            print(f"{name} alone changed:", _share(one), "found")
        drawn = [draw(changed, chance) for _ in range(COMPARISONS)]
        every = ["slower" in {*each.verdicts.values(), *each.together.values()} for each in drawn]
        print("all changed:", _share(every), "found")


def _spreads(log: Path) -> None:
    walls = read(log, "wall")
    print(f"{log.name}: cell, pairs, mean and standard deviation of CPU time, of wall time [%]")
    for name, cpu in read(log).items():
        numbers = [100 * f(v) for v in (cpu, walls[name]) for f in (statistics.mean, spread)]
        print(f"{name:28} {len(cpu):4}", *(f"{number:7.2f}" for number in numbers))


def spread(values: Sequence[float]) -> float:
    """Return the standard deviation, or nan of a single value."""
    return statistics.stdev(values) if len(values) > 1 else math.nan


def _share(hits: Sequence[bool]) -> str:
    """Return a share with its 95 % interval (C. Clopper and E. Pearson, 1934), of the draws."""
    interval = stats.binomtest(sum(hits), len(hits)).proportion_ci(0.95)
    share = sum(hits) / len(hits)
    return f"{share:.1%} ({interval.low:.1%} to {interval.high:.1%}, {len(hits)} drawn)"


def main() -> None:
    """Measure, or judge what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("measure")
    command.add_argument("base")
    command.add_argument("head")
    command.add_argument("--cells", required=True)
    command.add_argument("--pairs", type=int, required=True)
    command.add_argument("--log", type=Path, required=True)
    command.add_argument("--seed", type=int, default=0)
    command.set_defaults(run=measure)
    command = commands.add_parser("table")
    command.add_argument("equal", type=Path)
    command.add_argument("changed", type=Path, nargs="?")
    command.set_defaults(run=table)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
