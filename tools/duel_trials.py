"""How often a duel is right: pairs of sides whose difference is known, and what verdicts they make.

``python -m tools.duel_trials measure BASE HEAD --cells A:backend,… --pairs N --log FILE`` adds N
pairs of each cell to a file, the cells in turns. ``python -m tools.duel_trials table FILE…`` draws
whole comparisons of all cells of each file from its pairs, with replacement, and judges them as a
duel does, confirmation by fresh pairs included: the shares of them that raise an alarm. A pair is
drawn with its sides as they were or swapped, which equal sides do not mind, with ``--swap``.
"""

import argparse
import json
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from bench.duel import verdict
from bench.duel.arena import arena
from bench.duel.pairs import Work
from bench.duel.verdict import FEWEST, LIMIT, LOOKS, Estimate
from bench.machine import usable_cores
from bench.plan import Selection, plan

COMPARISONS = 1000
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
        cells += [(name, one, Work()) for one in plan(chosen) if one.epochs][:1]
    backends = {experiment.backend for _, experiment, _ in cells}
    cores = usable_cores()[-1:]
    with arena(options.base, options.head, backends, cores=cores, seed=options.seed) as where:
        for number in range(1, options.pairs + 1):
            for name, experiment, work in cells:
                pair = where.measure(experiment, work)
                line = {"cell": name, **msgspec.to_builtins(pair)}
                with options.log.open("ab") as log:
                    log.write(msgspec.json.encode(line) + b"\n")
            print(f"{number} of {options.pairs}", flush=True)


def read(log: Path) -> dict[str, list[float]]:
    """Return the CPU changes of each cell; a void pair is nan."""
    cells: dict[str, list[float]] = {}
    for line in log.read_text().splitlines():
        pair = json.loads(line)
        cells.setdefault(pair["cell"], []).append(math.nan if pair["cpu"] is None else pair["cpu"])
    return cells


def draw(cells: Pairs, chance: random.Random, *, swap: bool) -> dict[str, Estimate]:
    """Return what a comparison of pairs drawn from these comes to, look by look."""
    drawn: dict[str, list[float]] = {name: [] for name in cells}
    found: dict[str, Estimate] = {}

    def one(name: str) -> float:
        value = chance.choice(cells[name])
        return -value if swap and chance.random() < 0.5 else value

    for look in LOOKS:
        for name, pairs in drawn.items():
            if not found or found[name].verdict == "not settled":
                pairs.extend(one(name) for _ in range(look - len(pairs)))
        found = verdict.judge(drawn, questions=len(cells) + 1)
        if all(each.verdict != "not settled" for each in found.values()):
            break
    for name, each in found.items():
        fresh = [one(name) for _ in range(FEWEST)]
        if each.verdict == "slower" and not verdict.confirmed(fresh, LIMIT):
            found[name] = replace(each, verdict="not settled")
    return found


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
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
