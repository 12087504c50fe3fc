"""``python -m bench``: this machine, advice on a network, duels of versions, and releases."""

import argparse
import platform
import subprocess
import sys

import psutil

from bench import backends
from bench.advise.command import declare as declare_advise
from bench.duel.command import declare as declare_duel
from bench.duel.ending import ended
from bench.executors.process import worker_environment
from bench.machine import ROOT, affinity, commit_info, cpu_name, load_average, usable_cores
from bench.variables import recorded
from bench.versions import declare as declare_versions
from datasets import fetch
from datasets.registry import DATASETS
from datasets.spec import DataError, Dataset
from reports.schema.text import escape_what_cannot_be_printed


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status."""
    escape_what_cannot_be_printed(sys.stdout, sys.stderr)
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    info = commands.add_parser(
        "info", help="print versions, processor, memory, devices, threads, data"
    )
    info.set_defaults(run=_info, stopped="nothing more is printed")
    declare_advise(commands)
    declare_duel(commands)
    declare_versions(commands)
    options = parser.parse_args(arguments)
    return ended(lambda: options.run(options), stopped=options.stopped)


def _info(options: argparse.Namespace) -> int:
    """Print one fact a line."""
    commit, dirty = commit_info()
    load = load_average()
    print(f"suite     commit {commit or 'unknown'}{' with changes' if dirty else ''}")
    print(f"python    {platform.python_version()} on {platform.platform()}")
    print(f"cpu       {cpu_name()}, {len(usable_cores())} cores usable, numbers {affinity()}")
    print(f"memory    {psutil.virtual_memory().total / 1e9:.1f} GB")
    print(f"load      {'unknown' if load is None else f'{load:.2f}'}")
    for backend in (*backends.installed(), *backends.installed(trains=False)) or ("none",):
        print(f"backend   {backend}{_backend(backend) if backend in backends.BY_NAME else ''}")
    for dataset in DATASETS:
        print(f"data      {dataset.name}: {_place(dataset)}")
    return 0


def _backend(name: str) -> str:
    """Return versions, device and settings; asks a process of its own, as an experiment has."""
    versions = ", ".join(f"{k} {v}" for k, v in backends.packages(name).items())
    variables = worker_environment(name, usable_cores())
    ended = subprocess.run(
        [sys.executable, "-m", "bench.worker", "device"],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
    )
    lines = (ended.stdout if ended.returncode == 0 else ended.stderr).strip().splitlines()
    device = lines[-1] if lines else f"ended with status {ended.returncode}"
    settings = " ".join(f"{k}={v}" for k, v in recorded(variables, name).items())
    return f": {versions}; device {device}; {settings}"


def _place(dataset: Dataset) -> str:
    try:
        return f"in {next(iter(fetch.locate(dataset).values())).parent}"
    except DataError:
        return f"not here; python -m datasets prepare {dataset.name}"


if __name__ == "__main__":
    sys.exit(main())
