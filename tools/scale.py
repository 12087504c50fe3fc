"""``python -m tools.scale [N]``: time and memory of the reports on N records (10,000).

The records are made up: twelve networks, two backends, as many seeds as it takes, 20 epochs each.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from msgspec import structs

from bench.experiment import Experiment, provenance
from bench.outcome import header
from datasets.registry import BY_NAME
from reports.schema.record import History, Trained, encode
from tests.builders import ROOT, build_record, planned

EPOCHS = 20


def write(folder: Path, count: int, *, slower: float = 1.0) -> None:
    """Write so many records, one file each."""
    folder.mkdir()
    random = np.random.default_rng(0)
    experiments = planned(profile="smoke", seeds=-(-count // 24), epochs=EPOCHS)
    for experiment in experiments[:count]:
        path = folder / f"{experiment.id}.json"
        path.write_bytes(encode(record(experiment, random, slower)))


def record(experiment: Experiment, random: np.random.Generator, slower: float) -> Trained:
    """Return a record with noise in its histories and times."""
    model = build_record()
    classes = BY_NAME[experiment.dataset].classes
    decay = np.exp(-np.arange(EPOCHS) / 5)

    def series() -> dict[str, tuple[float | None, ...]]:
        noise = random.normal(0, 0.01, EPOCHS)
        return {
            "loss": tuple((0.3 + decay + noise).tolist()),
            "accuracy": tuple((0.9 - 0.4 * decay + noise).tolist()),
        }

    history = History(train=series(), validation=series())
    epochs = slower * random.normal(0.3, 0.01, EPOCHS - 1)
    known = provenance(experiment, checksum="sha256:00ff", packages={"keras": "3.15.1"})
    return structs.replace(
        model,
        **header(experiment, started_at=model.started_at, provenance=known),
        data=replace(model.data, classes=classes),
        history=history,
        test={name: values[-1] for name, values in history.validation.items()},
        confusion=tuple(tuple(random.integers(0, 99, len(classes)).tolist()) for _ in classes),
        durations=replace(
            model.durations,
            epoch_seconds=tuple(epochs.tolist()),
            fit_setup_seconds=(0.01,) * EPOCHS,
        ),
    )


def main() -> None:
    """Print seconds and peak memory of each command."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as name:
        base, head = Path(name, "base"), Path(name, "head")
        write(base, count)
        write(head, count, slower=1.2)
        for arguments in (
            ["render", str(base), "-o", str(Path(name, "report"))],
            ["compare", str(base), str(head)],
        ):
            start = time.perf_counter()
            command = [sys.executable, "-m", "reports", *arguments]
            process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            print(
                f"{arguments[0]} of {count} records: {seconds:.1f} s, "
                f"{usage.ru_maxrss / 2**20:.2f} GiB, exit {os.waitstatus_to_exitcode(status)}"
            )


if __name__ == "__main__":
    main()
