"""The options of ``pytest bench/``: how each is spelled, read and refused."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import pytest

from bench.executors.dask.address import AddressError, shown, workers
from bench.selection import Selection
from reports.schema.text import names

T = TypeVar("T")

MOST = 1_000_000_000
"""Of any number of things; far more than that does not fit where numbers are kept."""
NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{0,9})?|\.[0-9]{1,9}")
"""Of a resource."""


def declare(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("networks", "neural-network benchmarks (pytest bench/)")
    add = group.addoption
    _declare_experiments(add)
    _declare_run(add)


def _declare_experiments(add: Callable[..., None]) -> None:
    add("--profile", default="smoke", help="smoke (default), quick or thesis")
    add("--backends", type=names, metavar="A,B", help="default: those installed")
    add("--networks", type=names, metavar="A,B", help="default: all; or your own, file.py:build")
    add("--datasets", type=names, metavar="A,B", help="default: all; or your own, file.py:load")
    add("--recipe", metavar="FILE", help="TOML file: how your own networks are trained")
    add("--custom-objects", metavar="FILE", help="Python file with the classes of a .keras file")
    add(
        "--seeds",
        type=_seeds,
        metavar="N",
        help="repeat with seeds 0 to N-1; or A-B: from A to B",
    )
    add("--epochs", type=_whole("epochs"), metavar="N", help="instead of the profile's")
    add("--batch-size", type=_whole("batch-size"), metavar="N", help="instead of the recipe's")
    add("--samples", type=_whole("samples"), metavar="N", help="at most N training samples")
    add("--metrics", type=names, metavar="A,B", help="instead of the recipe's: precision, f1, …")
    add("--execution", type=names, metavar="A,B", help="default, tuned, epoch, step, jit, …")
    add("--precision", type=names, metavar="A,B", help="float32 (default), mixed_bfloat16, auto")
    add(
        "--cores",
        type=_list(_whole("cores")),
        metavar="N,M",
        help="repeat each experiment on N and on M cores (default: all)",
    )


def _declare_run(add: Callable[..., None]) -> None:
    add(
        "--data-dir",
        metavar="DIR",
        help="folder of the data files (default: $BENCH_DATA_DIR, the cache)",
    )
    add(
        "--baseline",
        metavar="PATH",
        help="compare with these results at the end; fail if something regressed",
    )
    add(
        "--against",
        metavar="BASE",
        help="measure this checkout in turns with a commit, keras==3.14.1, … at the end; fail if "
        "something is slower",
    )
    add(
        "--against-minutes",
        type=_minutes,
        metavar="N",
        default=15.0,
        help="that this may take (15)",
    )
    add(
        "--jobs",
        type=_whole("jobs"),
        metavar="N",
        default=1,
        help="run N side by side; their times are not compared",
    )
    add(
        "--cluster", metavar="ADDRESS", help="run on a Dask cluster: tcp://HOST:PORT, file, local:N"
    )
    add(
        "--cluster-resources",
        type=_resources,
        metavar="NAME=N,…",
        help="Dask resources that each experiment needs",
    )
    add("--results-dir", metavar="DIR", default="results/records", help="folder for records")
    add("--resume", action="store_true", help="reuse what is in --results-dir; go on from there")
    add("--rerun-failed", action="store_true", help="run only what failed in --results-dir")
    add(
        "--checkpoint-epochs",
        type=_whole("checkpoint-epochs"),
        metavar="K",
        default=5,
        help="save a checkpoint every K epochs (default: 5); 0: never",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for."""

    selection: Selection
    equivalence: bool
    """Whether backends are compared."""
    data_dir: str | None
    baseline: Path | None
    against: str | None
    """Base of a duel at the end."""
    against_minutes: float
    address: str | None
    """Of a cluster."""
    resources: dict[str, float]
    results_dir: Path
    resume: bool
    rerun_failed: bool
    checkpoint_epochs: int

    @classmethod
    def read(cls, config: pytest.Config, *, equivalence: bool) -> Self:
        """Return the options of a run. Raises `pytest.UsageError`."""
        _refuse_others(config)
        address, jobs = config.getoption("cluster"), config.getoption("jobs")
        local = None if address is None else _local_workers(address)
        if local is not None and jobs != 1:
            raise pytest.UsageError(f"--cluster {address} runs so many at a time; leave out --jobs")
        baseline = config.getoption("baseline")
        return cls(
            selection=Selection(
                profile=config.getoption("profile"),
                backends=config.getoption("backends") or (),
                networks=config.getoption("networks") or (),
                datasets=config.getoption("datasets") or (),
                recipe=config.getoption("recipe"),
                custom_objects=config.getoption("custom_objects"),
                seeds=config.getoption("seeds") or range(1),
                epochs=config.getoption("epochs"),
                batch_size=config.getoption("batch_size"),
                samples=config.getoption("samples"),
                cores=config.getoption("cores") or (),
                jobs=jobs if local is None else local,
                remote=address is not None and local is None,
                executions=config.getoption("execution") or ("default",),
                precisions=config.getoption("precision") or ("float32",),
                metrics=config.getoption("metrics") or (),
            ),
            equivalence=equivalence,
            data_dir=config.getoption("data_dir"),
            baseline=Path(baseline) if baseline else None,
            against=config.getoption("against"),
            against_minutes=config.getoption("against_minutes"),
            address=address,
            resources=config.getoption("cluster_resources") or {},
            results_dir=Path(config.getoption("results_dir")),
            resume=config.getoption("resume"),
            rerun_failed=config.getoption("rerun_failed"),
            checkpoint_epochs=max(0, config.getoption("checkpoint_epochs")),
        )


def _refuse_others(config: pytest.Config) -> None:
    """Refuse what other plug-ins would do with experiments. Raises `pytest.UsageError`."""
    if getattr(config.option, "numprocesses", None):
        raise pytest.UsageError(
            "-n hands the tests to processes that would not share the experiments; leave it out "
            "(--jobs runs experiments side by side)"
        )
    if getattr(config.option, "codspeed", None) or os.environ.get("CODSPEED_ENV"):
        raise pytest.UsageError(
            "--codspeed measures the test's own process, but experiments run in others; leave it "
            "out (CODSPEED_ENV, too): their times are in --benchmark-json"
        )


# Parsers raise pytest.UsageError themselves: argparse would put its whole usage before the message.


def _list(part: Callable[[str], T]) -> Callable[[str], tuple[T, ...]]:
    return lambda text: tuple(part(name) for name in names(text))


def _minutes(text: str) -> float:
    if not NUMBER.fullmatch(text) or not float(text):
        raise pytest.UsageError(f"--against-minutes takes a number above 0, got {text[:40]!r}")
    return float(text)


def _whole(option: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = MOST + 1
        if abs(number) > MOST:
            raise pytest.UsageError(
                f"--{option} takes a whole number up to {MOST:,}, got {text[:40]!r}"
            )
        return number

    return read


def _seeds(text: str) -> range:
    first, dash, last = text.partition("-")
    try:
        seeds = range(int(first), int(last) + 1) if dash else range(int(first))
    except ValueError:
        seeds = range(0)
    if not seeds:
        raise pytest.UsageError(
            f"--seeds takes a number of seeds, or A-B with A no larger than B, got {text!r}"
        )
    return seeds


def _local_workers(address: str) -> int | None:
    """Return N of ``local:N``, None for another cluster. Raises `pytest.UsageError`."""
    try:
        return workers(address)
    except AddressError as error:
        raise pytest.UsageError(f"--cluster {shown(address)}: {error}") from None


def _resources(text: str) -> dict[str, float]:
    resources = {}
    for item in names(text):
        name, equals, number = item.partition("=")
        if not name or not equals or not NUMBER.fullmatch(number):
            raise pytest.UsageError(f"--cluster-resources takes NAME=NUMBER,…, got {item[:60]!r}")
        resources[name] = float(number)
    return resources
