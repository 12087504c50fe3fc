"""``python -m tools.profile_step NETWORK BACKEND [EXECUTION]``: where a training step's time goes.

Trains on synthetic data as the suite does, has the backend's own profiler watch one epoch, and
prints the time of each kind of operation in all threads, without that of the operations within it,
per step. Needs JAX, which reads the profile, whatever the backend.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import msgspec

from bench.execution import NAMES
from bench.executors.process import worker_environment
from bench.machine import ROOT, usable_cores
from bench.plan import plan_trainings
from bench.selection import PlanError, Selection

SHOWN = 15
"""Kinds of operations."""
BATCHES = 12
"""Of the epoch that is watched."""


def main() -> None:
    """Profile in a process of the backend, then print what took long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network")
    parser.add_argument("backend", choices=("tensorflow", "jax"))
    parser.add_argument("execution", choices=NAMES, nargs="?", default="default")
    chosen = parser.parse_args()
    try:
        (experiment, *_) = plan_trainings(
            Selection(
                profile="smoke",
                backends=(chosen.backend,),
                networks=(chosen.network,),
                executions=(chosen.execution,),
            )
        )
    except PlanError as error:
        parser.error(str(error))
    experiment = replace(experiment, train_samples=BATCHES * experiment.batch_size)
    with tempfile.TemporaryDirectory() as folder:
        _worker(experiment.backend, msgspec.json.encode(experiment).decode(), folder)
        (profile,) = Path(folder).rglob("*.xplane.pb")
        spent = Counter(json.loads(_worker("jax", str(profile))))
    total = sum(spent.values())
    print(f"{experiment.id}: {total / BATCHES / 1e6:.2f} ms of all threads per step")
    for name, nanoseconds in spent.most_common(SHOWN):
        print(f"{nanoseconds / BATCHES / 1e6:10.3f} ms {nanoseconds / total:6.1%}  {name}")


def _worker(backend: str, *arguments: str) -> str:
    """Return what `bench.worker.profiling` prints in a process of a backend."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.worker.profiling", *arguments],
        env=worker_environment(backend, usable_cores()),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


if __name__ == "__main__":
    main()
