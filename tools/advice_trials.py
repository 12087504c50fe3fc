"""How often ``python -m bench advise`` is right: its races, and full runs of what raced to the end.

``python -m tools.advice_trials measure --log FILE [--networks A,B]`` races the ways to train each
network on all backends, then runs the benchmark of every finalist, in turns, and adds a line to a
file. ``… again --log FILE --runs N`` adds full runs to lines that are there. ``python -m
tools.advice_trials table FILE`` prints for how many the winner of the race is the fastest of the
full runs, or as good as that.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import geometric_mean, median
from typing import Any

from architectures.registry import BY_NAME
from bench.advise.command import WAYS, distinct
from bench.advise.entrant import Entrant
from bench.advise.race import MATTERS, Race, Result
from bench.executors.process import Runner
from bench.experiment import Experiment
from bench.machine import usable_cores
from bench.plan import plan_trainings
from bench.selection import Selection
from reports.schema.record import Trained

RACE_SECONDS = 60.0
"""As with ``--minutes 1``."""
EPOCHS = 5


def measure(options: argparse.Namespace) -> None:
    """Race, run, and add to the log."""
    for network in options.networks.split(","):
        race = Race(_entrants(network), usable_cores(), say=lambda _: None)
        result = race.run(RACE_SECONDS)
        line = {"network": network, **_raced(result), "runs": {}}
        _run(line, options.runs)
        with options.log.open("a") as log:
            log.write(json.dumps(line) + "\n")
        print(_line(line), flush=True)


def again(options: argparse.Namespace) -> None:
    """Run the finalists of some lines once more, and write the log anew."""
    lines = list(_lines(options.log))
    for line in lines:
        if line["network"] in options.networks.split(","):
            _run(line, options.runs)
            options.log.write_text("".join(json.dumps(each) + "\n" for each in lines))
            print(_line(line), flush=True)


def _entrants(network: str) -> list[Entrant]:
    ways = distinct(plan_trainings(Selection(networks=(network,), executions=WAYS)))
    return [Entrant(experiment=way) for way in ways]


def _run(line: dict[str, Any], times: int) -> None:
    """Add to a line the steady seconds of an epoch of full runs, in turns, by finalist."""
    found = {entrant.name: entrant.experiment for entrant in _entrants(line["network"])}
    for number in range(times):
        order: Sequence[str] = line["finalists"]
        for name in order if number % 2 else reversed(order):
            longer = replace(found[name], epochs=EPOCHS, train_samples=line["samples"])
            line["runs"].setdefault(name, []).append(_epoch_seconds(longer))


def _epoch_seconds(experiment: Experiment) -> float:
    with Runner() as runner:
        record = runner.run(experiment)
    assert isinstance(record, Trained), record
    return median(record.durations.epoch_seconds)


def _raced(result: Result) -> dict[str, Any]:
    names = [entrant.name for entrant in result.finalists]
    fastest = result.finalists[0].name
    ratios = [result.ratios.get((entrant.name, fastest)) for entrant in result.finalists]
    return {
        "samples": result.samples,
        "generations": result.generations,
        "settled": result.settled,
        "finalists": names,
        "ratios": [[r.estimate, r.low, r.high] if r else None for r in ratios],
    }


def _line(line: dict[str, Any]) -> str:
    """Return a row of the table: the race's order, and the ratios of the full runs."""
    epochs = {name: geometric_mean(seconds) for name, seconds in line["runs"].items()}
    least = min(epochs.values())
    winner = line["finalists"][0]
    verdict = "right" if _right(line) else "WRONG"
    raced = "; ".join(
        f"{name} {ratio[0]:.2f}" if ratio else name
        for name, ratio in zip(line["finalists"], line["ratios"], strict=True)
    )
    ran = "; ".join(f"{name} {epochs[name] / least:.2f}" for name in line["finalists"])
    settled = "settled" if line["settled"] else "open"
    return f"{line['network']}: {verdict} {winner} ({settled}); race: {raced}; runs: {ran}"


def _right(line: dict[str, Any]) -> bool:
    epochs = {name: geometric_mean(seconds) for name, seconds in line["runs"].items()}
    return epochs[line["finalists"][0]] <= (1 + MATTERS) * min(epochs.values())


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open() as log:
        yield from map(json.loads, log)


def row(line: dict[str, Any]) -> str:
    """Return a network's row of the table in docs/own.md: ratios to the winner's time."""
    winner, *others = (name.replace("default", "plain fit") for name in line["finalists"])
    first, *epochs = (geometric_mean(line["runs"][name]) for name in line["finalists"])
    ratios = [f"{ratio[0]:.2f}" if ratio else "–" for ratio in line["ratios"][1:]]
    cells = (
        line["network"].replace("_", r"\_"),
        winner,
        "yes" if line["settled"] else "no",
        str(len(line["runs"][line["finalists"][0]])),
        ". ".join(
            f"{name} {raced}; {seconds / first:.2f}"
            for name, raced, seconds in zip(others, ratios, epochs, strict=True)
        ),
    )
    return f"| {' | '.join(cells)} |"


def table(options: argparse.Namespace) -> None:
    """Print of each network whether the race was right, the table of the ratios, and how many."""
    lines = list(_lines(options.log))
    for line in lines:
        print(_line(line))
    print("\n".join(map(row, lines)))
    print(f"{sum(map(_right, lines))} of {len(lines)} winners are the fastest, or within 5 % of it")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    measuring = commands.add_parser("measure")
    measuring.add_argument("--log", type=Path, required=True)
    measuring.add_argument("--networks", default=",".join(BY_NAME))
    measuring.add_argument("--runs", type=int, default=1, help="full runs of each finalist (1)")
    measuring.set_defaults(run=measure)
    repeating = commands.add_parser("again")
    repeating.add_argument("--log", type=Path, required=True)
    repeating.add_argument("--networks", default=",".join(BY_NAME))
    repeating.add_argument("--runs", type=int, default=1, help="full runs of each finalist (1)")
    repeating.set_defaults(run=again)
    showing = commands.add_parser("table")
    showing.add_argument("log", type=Path)
    showing.set_defaults(run=table)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
