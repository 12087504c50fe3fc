"""``python -m tools.scaling RECORDS…``: what the study's grid costs on n machines.

The length of an experiment is that of its epochs and tests in a record on the whole real data, if
there is one; else its steps in short runs on synthetic data, times the steps of the whole data,
and a third of that for each batch of a test (forward only). Experiments are handed out in order,
each to the machine that is free first. Each has 10 s more for its process, data and compilation.
"""

import heapq
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench.profiles import PROFILES, RECIPES
from datasets.registry import find
from reports.load import load
from reports.schema.record import Trained
from reports.timing import undisturbed
from tests.builders import planned

SEEDS = 5
MACHINES = (1, 4, 16, 64, 128, 240)


FIXED_SECONDS = 10


def hours(records: Sequence[Trained]) -> float:
    """Return the length of one experiment at the study's full length, from its shorter runs."""
    first = records[0]
    dataset, batch = find(first.dataset), RECIPES[first.modality].batch_size
    train, test = (math.ceil(size / batch) for size in dataset.sizes)
    whole = undisturbed([r for r in records if r.data.train_samples == dataset.sizes[0]])
    epochs = []
    for record in whole or undisturbed(records):
        epoch = median(record.durations.epoch_seconds)
        if whole:
            epochs.append(epoch + median(record.durations.evaluation_seconds))
        else:
            step = epoch / math.ceil(record.data.train_samples / record.batch_size)
            epochs.append(step * (train + test / 3))
    seconds = PROFILES["thesis"].epochs[first.modality] * median(epochs) + FIXED_SECONDS
    return seconds / 3600


def makespan(lengths: Sequence[float], machines: int) -> float:
    """Return when the last experiment ends."""
    free = [0.0] * machines
    for length in lengths:
        heapq.heappush(free, heapq.heappop(free) + length)
    return max(free)


def main() -> None:
    """Print the length of each experiment and of the grid."""
    runs: dict[tuple[str, str, str], list[Trained]] = {}
    for record in load([*map(Path, sys.argv[1:])]).records:
        if isinstance(record, Trained):
            runs.setdefault((record.architecture, record.backend, record.execution), []).append(
                record
            )
    length = {key: hours(records) for key, records in runs.items()}
    backends, executions = (sorted({key[place] for key in runs}) for place in (1, 2))
    print("| network | " + " | ".join(f"{b}, {e}" for b in backends for e in executions) + " |")
    print("|---|" + "---:|" * len(backends) * len(executions))
    for network in dict.fromkeys(key[0] for key in runs):
        keys = [(network, b, e) for b in backends for e in executions]
        cells = [f"{length[key]:.2f}" if key in length else "–" for key in keys]
        print(f"| {network} | " + " | ".join(cells) + " |")
    wanted = planned(profile="thesis", backends=backends, executions=executions, seeds=SEEDS)
    keys = [(e.architecture, e.backend, e.execution) for e in wanted]
    grid = [length[key] for key in keys if key in length]
    if len(grid) < len(keys):
        print(f"\n{len(keys) - len(grid)} of {len(keys)} experiments are of networks not measured")
    print(f"\n{len(grid)} experiments, {sum(grid):,.0f} machine-hours, longest {max(grid):.1f} h\n")
    print("| machines | hours, in order | hours, longest first | machines' time used |")
    print("|---:|---:|---:|---:|")
    for machines in MACHINES:
        ordered, best = makespan(grid, machines), makespan(sorted(grid, reverse=True), machines)
        used = sum(grid) / machines / ordered
        print(f"| {machines} | {ordered:,.1f} | {best:,.1f} | {used:.0%} |")


if __name__ == "__main__":
    main()
