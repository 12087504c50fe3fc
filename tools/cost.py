"""``python -m tools.cost epochs|grid|jobs|tuned``: what the suite itself costs and saves.

Each prints a table of ratios, measured side by side in one run: only ratios mean something on a
machine that others use, too. docs/speed.md holds what was measured.
"""

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

import msgspec
import pandas as pd

from architectures.registry import BY_NAME
from bench.executors.process import worker_environment
from bench.experiment import Experiment
from bench.machine import usable_cores
from bench.plugin import UNDECIDED
from reports import statistics
from reports.load import load
from reports.schema.record import Trained
from reports.tables import table as tables
from reports.timing import disturbed
from tests.builders import ROOT, planned

STEPS = {"mlp": 40, "cnn": 12, "rnn": 6}
"""Of an epoch that is timed in turns."""


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(prog="python -m tools.cost", description=__doc__)
    parser.add_argument("what", choices=("epochs", "grid", "jobs", "tuned"))
    parser.add_argument("records", nargs="*", type=Path, help="for tuned: of default and tuned")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--networks", help="default: all twelve")
    options = parser.parse_args()
    networks = options.networks.split(",") if options.networks else []
    rows, summary = {
        "epochs": lambda: epochs(networks),
        "grid": lambda: grid(networks, options.rounds),
        "jobs": lambda: jobs(networks, options.rounds),
        "tuned": lambda: tuned(
            [r for r in load(options.records).records if isinstance(r, Trained)]
        ),
    }[options.what]()
    print(tables.text(tables.Table(name="cost", title="", frame=pd.DataFrame(rows))))
    print(summary)


Rows = list[dict[str, object]]


def epochs(networks: list[str]) -> tuple[Rows, str]:
    """Compare steady epochs under the suite with those of plain `fit`, in turns in one process."""
    rows: Rows = []
    ratios = []
    for experiment in planned(profile="smoke", networks=networks):
        steps = STEPS[BY_NAME[experiment.architecture].kind]
        sized = dataclasses.replace(experiment, train_samples=steps * experiment.batch_size)
        seconds = json.loads(plain("turns", sized).splitlines()[-1])
        ratios.append(median(seconds["suite"]) / median(seconds["plain"]))
        rows.append(
            {
                "network": experiment.architecture,
                "backend": experiment.backend,
                "epochs": len(seconds["suite"]),
                "suite [s]": f"{median(seconds['suite']):.4f}",
                "plain [s]": f"{median(seconds['plain']):.4f}",
                "suite / plain": f"{ratios[-1]:.3f}",
            }
        )
        print(rows[-1], flush=True)
    return rows, f"suite / plain: median {median(ratios):.3f}, worst {max(ratios):.3f}"


def grid(networks: list[str], rounds: int) -> tuple[Rows, str]:
    """Compare the smoke grid with a plain script of one process for each experiment."""
    experiments = planned(profile="smoke", networks=networks)
    rows: Rows = []
    with tempfile.TemporaryDirectory() as cache:
        warm = {
            "JAX_COMPILATION_CACHE_DIR": cache,
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        }
        suite(networks, warm)
        for number in range(rounds):
            start = time.perf_counter()
            for experiment in experiments:
                plain("run", experiment)
            row = {"round": number + 1, "plain [s]": time.perf_counter() - start}
            row |= {"suite, cold [s]": suite(networks), "suite, warm [s]": suite(networks, warm)}
            rows.append(dict(row))
            print(rows[-1], flush=True)
    ratios = {
        name: [float(str(row[f"suite, {name} [s]"])) / float(str(row["plain [s]"])) for row in rows]
        for name in ("cold", "warm")
    }
    return rows, _ratios("suite / plain", ratios)


def jobs(networks: list[str], rounds: int) -> tuple[Rows, str]:
    """Compare the smoke grid one after another with two experiments at a time."""
    rows: Rows = []
    for number in range(rounds):
        one = suite(networks)
        two = suite(networks, options=("--jobs", "2"))
        rows.append({"round": number + 1, "--jobs 1 [s]": one, "--jobs 2 [s]": two})
        print(rows[-1], flush=True)
    ratios = [float(str(row["--jobs 1 [s]"])) / float(str(row["--jobs 2 [s]"])) for row in rows]
    return rows, _ratios("experiments per hour, two jobs / one", {"": ratios})


def tuned(records: list[Trained]) -> tuple[Rows, str]:
    """Compare steady epochs of the tuned execution with those of the default, from records.

    Runs that others disturbed are left out; it ends with status 6 where that leaves no network.
    """
    runs: dict[tuple[str, str], dict[str, list[float]]] = {}
    calm = [r for r in records if r.durations.epoch_seconds and not disturbed(r)]
    for record in calm:
        ways = runs.setdefault((record.architecture, record.backend), {})
        ways.setdefault(record.execution, []).append(median(record.durations.epoch_seconds))
    both = {key: ways for key, ways in sorted(runs.items()) if {"default", "tuned"} <= ways.keys()}
    left_out = len(records) - len(calm)
    why = f"{left_out} of {len(records)} trainings left out, disturbed by others or too short"
    if not both:
        print(f"no network was trained both default and tuned; {why}", file=sys.stderr)
        sys.exit(UNDECIDED if left_out else 1)
    rows: Rows = []
    factors: dict[tuple[str, str], float] = {}
    for key, ways in both.items():
        interval = statistics.ratio(ways["tuned"], ways["default"], confidence=0.95)
        typical = {name: statistics.geometric_mean(values) for name, values in ways.items()}
        factors[key] = typical["default"] / typical["tuned"]
        rows.append(
            {
                "network": key[0],
                "backend": key[1],
                "runs": len(ways["tuned"]),
                "default [s]": f"{typical['default']:.4f}",
                "tuned [s]": f"{typical['tuned']:.4f}",
                "times as fast": f"{factors[key]:.2f}"
                + (f" ({interval.low:.2f} to {interval.high:.2f})" if interval else ""),
            }
        )
    mlps = [factor for (name, _), factor in factors.items() if BY_NAME[name].kind == "mlp"]
    parts = [f"MLPs {statistics.geometric_mean(mlps):.2f}"] if mlps else []
    parts.append(f"all {len(factors)} {statistics.geometric_mean(list(factors.values())):.2f}")
    return rows, (
        f"times as fast, geometric mean: {', '.join(parts)}; least {min(factors.values()):.2f}"
        + (f"; {why}" if left_out else "")
    )


def plain(what: str, experiment: Experiment) -> str:
    """Run `bench.worker.plain` in a process of its own, with the threads that the suite gives."""
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "bench.worker.plain",
            what,
            msgspec.json.encode(experiment).decode(),
        ],
        env=worker_environment(experiment.backend, usable_cores()),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return ended.stdout


def suite(
    networks: list[str], variables: Mapping[str, str] | None = None, options: tuple[str, ...] = ()
) -> float:
    """Return the seconds of a whole run of the suite, from command to prompt."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-m", "pytest", "bench/", "-q", "-p", "no:cacheprovider"),
            *("--results-dir", folder, *options),
            *(("--networks", ",".join(networks)) if networks else ()),
        ]
        start = time.perf_counter()
        subprocess.run(
            command,
            env={**os.environ, **(variables or {})},
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        return time.perf_counter() - start


def _ratios(what: str, ratios: Mapping[str, list[float]]) -> str:
    parts = [
        f"{name + ' ' if name else ''}{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"
        for name, values in ratios.items()
    ]
    return f"{what}: {', '.join(parts)}"


if __name__ == "__main__":
    main()
