"""``python -m bench advise NETWORK``: the fastest backend and settings, and whether all agree."""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from bench import backends
from bench.advise import answer
from bench.advise.entrant import Entrant, devices
from bench.advise.race import Race
from bench.comparisons import plan_comparisons
from bench.duel.ending import FAILED, FINE, minutes
from bench.execution import TUNED, resolve
from bench.executors.executor import ExecutorError
from bench.executors.local import Pool
from bench.executors.process import Runner
from bench.experiment import Experiment
from bench.machine import described, usable_cores
from bench.outcome import now
from bench.plan import plan_trainings
from bench.selection import Selection
from bench.session import Session
from bench.store import Store
from bench.writable import require_file, require_folder
from datasets.registry import BY_NAME as DATASETS
from reports.schema.record import Described, Network, Record, Trained
from reports.schema.text import names, plain
from reports.schema.writing import whole_file

WAYS = ("default", "epoch", "step", "jit", "multistep", TUNED)
"""Executions that are raced, those that mean the same once."""
MINUTES = 5.0


def declare(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    command = commands.add_parser(
        "advise", help="find the fastest backend and settings for a network, and whether all agree"
    )
    command.add_argument(
        "network",
        metavar="NETWORK",
        help="file.py:build, package.module:build, a .keras file, or one of the suite's",
    )
    command.add_argument(
        "--data",
        metavar="DATA",
        help="file.py:load, an .npz file, a folder of pictures, a data "
        "set of the suite; left out: generated to fit",
    )
    command.add_argument("--backends", type=names, default=(), metavar="A,B")
    command.add_argument("--recipe", metavar="FILE", help="TOML file: loss, optimizer, …")
    command.add_argument("--custom-objects", metavar="FILE", help="classes of a .keras file")
    command.add_argument("--batch-size", type=int, metavar="N")
    command.add_argument("--samples", type=int, metavar="N", help="at most N training samples")
    command.add_argument(
        "--minutes",
        type=minutes,
        default=MINUTES,
        metavar="N",
        help="after which no further round starts (5)",
    )
    command.add_argument("--json", type=Path, metavar="FILE", help="write the answer")
    command.add_argument(
        "--results-dir", type=Path, default=Path("results/records"), help="folder for records"
    )
    command.set_defaults(run=_run, stopped="nothing is advised")


def _run(options: argparse.Namespace) -> int:
    """Race, compare, and print the answer."""
    selection = Selection(
        networks=(options.network,),
        datasets=(options.data,) if options.data else (),
        backends=options.backends,
        recipe=options.recipe,
        custom_objects=options.custom_objects,
        batch_size=options.batch_size,
        samples=options.samples,
        executions=WAYS,
    )
    ways = list(distinct(plan_trainings(selection)))
    require_folder("--results-dir", options.results_dir)
    if options.json:
        require_file("--json", options.json)
    started_at, cores = now(), usable_cores()
    _say(f"{ways[0].architecture} on {ways[0].dataset}: {len(ways)} ways to train it")
    result = Race([Entrant(experiment=way) for way in ways], cores, say=_say).run(
        options.minutes * 60
    )
    first = result.finalists[0].experiment if result.finalists else ways[0]
    besides = _besides(selection, first, ways, options.results_dir)
    found = answer.advice(
        first,
        result,
        besides.compared,
        network=besides.network,
        peak=_peak(besides.measured),
        machine=described(),
        cores=len(cores),
        packages={n: v for way in ways for n, v in backends.packages(way.backend).items()},
        remarks=(
            *_remarks(first, besides.measured),
            *devices(result.entrants),
            *filter(None, [besides.fault]),
        ),
        started_at=started_at,
    )
    from reports.tables import advice  # pandas: not before it is needed

    print(f"\n{advice.text(found)}", flush=True)  # whatever becomes of the file
    if options.json:
        with whole_file(options.json) as stream:
            stream.write(msgspec.json.encode(found))
    return FINE if result.finalists else FAILED


def distinct(experiments: Iterable[Experiment]) -> Iterator[Experiment]:
    """Yield of the experiments that would be executed in the same way the first."""
    seen = set()
    for experiment in experiments:
        how = resolve(experiment.execution, backend=experiment.backend, kind=experiment.kind)
        jit = "auto" if experiment.backend == "jax" and how.jit_compile is True else how.jit_compile
        key = experiment.backend, replace(how, name="", jit_compile=jit)
        if key not in seen:
            seen.add(key)
            yield experiment


@dataclass(frozen=True, slots=True, kw_only=True)
class _Besides:
    """What is asked when the race is over, as far as there is an answer."""

    measured: Record | None = None
    """Of the whole benchmark of the fastest way."""
    compared: Sequence[Record] = ()
    """Of the comparisons with the reference."""
    network: Network | None = None
    """With its operations."""
    fault: str | None = None
    """Why there is no more."""


def _besides(
    selection: Selection, first: Experiment, ways: Sequence[Experiment], folder: Path
) -> _Besides:
    """Run what follows a race; its result is kept where nothing more can be run."""
    try:
        measured, compared = _records(selection, first, folder)
        network = _counted(ways, usable_cores())
    except (ExecutorError, OSError) as error:
        return _Besides(fault=f"nothing could be run after the race: {error}")
    return _Besides(measured=measured, compared=compared, network=network)


def _records(
    selection: Selection, first: Experiment, folder: Path
) -> tuple[Record | None, list[Record]]:
    """Run the whole benchmark of the fastest way, and all comparisons; return their records."""
    # In float32 alone: what a user trains in. Stricter ones are in bench/test_equivalence.py.
    compared = [
        experiment
        for experiment in plan_comparisons(selection)
        if experiment.task == "reference" or experiment.precision == "float32"
    ]
    experiments = [first, *compared]
    session = Session(experiments, Store(folder), Pool())
    try:
        for line in session.prepare([experiment.id for experiment in experiments]):
            _say(line)
        _say("once more, as a whole benchmark; then against the float64 reference")
        records = [
            session.record(experiment.id, lambda *_: None)
            for experiment in experiments
            if experiment.task != "reference"
        ]
    finally:
        session.close()
    return records[0], records[1:]


def _counted(ways: Sequence[Experiment], cores: Sequence[int]) -> Network | None:
    """Return the network with its operations, counted in a process of JAX, if there is one."""
    found = next((way for way in ways if way.backend == "jax"), None)
    if found is None:
        return None
    with Runner(cores) as runner:
        record = runner.run(replace(found, task="count", execution="default"))
    return record.network if isinstance(record, Described) else None


def _remarks(first: Experiment, record: Record | None) -> tuple[str, ...]:
    """Return what is to be known of the data and of the fastest way's benchmark."""
    synthetic = f"{first.dataset} is synthetic here: speed is that of its form"
    told = record.remarks if isinstance(record, Trained) else ()
    return (*told, synthetic) if first.synthetic and first.dataset in DATASETS else told


def _peak(record: Record | None) -> float | None:
    if not isinstance(record, Trained):
        return None
    peaks = record.environment.peaks
    return peaks.flops_per_second if peaks else None


def _say(line: str) -> None:
    print(plain(line), flush=True)
