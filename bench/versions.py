"""``python -m bench versions``: releases of frameworks, each in turns with what is installed."""

import argparse
import tomllib
from collections import ChainMap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench import backends
from bench.duel import report
from bench.duel.arena import arena
from bench.duel.contest import Contest
from bench.duel.ending import FINE, NOT_SETTLED, minutes
from bench.duel.sides import AS_IT_IS, PIN, SideError
from bench.duel.verdict import FEWEST, LIMIT
from bench.experiment import Experiment
from bench.machine import ROOT, commit_info, described, usable_cores
from bench.outcome import now
from bench.plan import plan_trainings
from bench.selection import Selection
from bench.writable import require_folder
from reports.schema import duel
from reports.schema.duel import Cell, Duel
from reports.schema.reading import RecordError
from reports.schema.text import names, plain
from reports.schema.writing import whole_file

PAIR_SECONDS = 20.0
"""About what one takes, on two cores, with those that confirm alarms and seeds that are trained."""
CELL_MINUTES = 3.0
"""Most for a network on a backend; what is not settled by then stays so."""
LOG = "pairs.jsonl"
BACKENDS = {"keras": ("jax", "tensorflow"), "jax": ("jax",), "tensorflow": ("tensorflow",)}
"""What a package computes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One release of one package."""

    package: str
    version: str

    @property
    def name(self) -> str:
        """As it is pinned."""
        return f"{self.package}=={self.version}"

    def path(self, folder: Path) -> Path:
        """Return the file of what it came to."""
        return folder / f"{self.package}-{self.version}.json"


def declare(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    command = commands.add_parser(
        "versions",
        help="measure releases of the frameworks, each in turns with what is installed here",
        description="Goes on where it was stopped, and keeps what was measured. Exit status: 0 all "
        "releases are measured, or have a reason why not; 2 bad usage; 3 stopped, or a package "
        "index did not answer; 4 no process can be started.",
    )
    table = _table()
    command.add_argument(
        "--releases",
        type=_releases,
        default=tuple(
            Release(package=package, version=version)
            for package in BACKENDS
            for version in table[package]
        ),
        metavar="keras==3.13.2,jax==0.8.3",
        help="what to measure (the releases of pyproject.toml)",
    )
    command.add_argument("--networks", type=names, default=tuple(table["networks"]), metavar="A,B")
    command.add_argument("--backends", type=names, default=backends.installed(), metavar="A,B")
    command.add_argument(
        "--minutes",
        type=minutes,
        default=CELL_MINUTES,
        metavar="N",
        help="at most, for each network on a backend (3)",
    )
    command.add_argument(
        *("-o", "--output"), type=Path, default=Path("results/versions"), metavar="DIR"
    )
    command.set_defaults(run=_run, stopped="what is measured by then is kept")


def _run(options: argparse.Namespace) -> int:
    """Measure every release that has not been measured."""
    wanted = [(each, _cells(each, options)) for each in options.releases]
    wanted = [(each, cells) for each, cells in wanted if cells]
    left = [(each, lacking(each.path(options.output), cells)) for each, cells in wanted]
    left = [(each, cells) for each, cells in left if cells]
    if there := len(wanted) - len(left):
        _say(f"{there} of {len(wanted)} releases are in {options.output}")
    pairs = FEWEST * sum(len(cells) for _, cells in left)
    if pairs:
        require_folder("--output", options.output)
        _say(
            f"{len(left)} releases, {pairs} pairs or more: about {pairs * PAIR_SECONDS / 60:.0f} "
            "minutes, and what it takes to install them"
        )
    status = FINE
    for release, cells in left:
        try:
            found = _measure(release, cells, options.output, options.minutes * 60 * len(cells))
        except SideError as error:
            _say(f"{release.name}: {error}; to be tried again")
            status = NOT_SETTLED
            continue
        if found is None:
            return NOT_SETTLED
        path = release.path(options.output)
        found = msgspec.structs.replace(
            found,
            cells=(*_kept(path, cells), *found.cells),
            installed=dict(ChainMap(*map(backends.packages, backends.installed()))),
        )
        with whole_file(path) as stream:
            stream.write(msgspec.json.encode(found))
        _say(f"{release.name}: {found.failure or 'measured'}")
    return status


def _cells(release: Release, options: argparse.Namespace) -> tuple[Experiment, ...]:
    """Return what a release is measured in."""
    names = [name for name in BACKENDS[release.package] if name in options.backends]
    if not names:
        return ()
    selection = Selection(
        profile="smoke",
        backends=tuple(names),
        networks=options.networks,
        epochs=2,
        cores=(1,),
    )
    return plan_trainings(selection)


def lacking(path: Path, cells: Sequence[Experiment]) -> tuple[Experiment, ...]:
    """Return which of the cells a result does not have; none of a release that cannot be measured.

    What counts was found on this machine, with what is installed.
    """
    found = _result(path)
    if found is None:
        return tuple(cells)
    if found.failure is not None and all(_same(found.installed, cell.backend) for cell in cells):
        return ()
    there = {_key(cell) for cell in _current(found)}
    return tuple(cell for cell in cells if _key(cell) not in there)


def _kept(path: Path, cells: Sequence[Experiment]) -> list[Cell]:
    """Return what a result has besides the cells that were just measured."""
    found, new = _result(path), set(map(_key, cells))
    return [cell for cell in _current(found) if _key(cell) not in new] if found else []


def _result(path: Path) -> Duel | None:
    """Return what was found on this machine."""
    try:
        found = duel.load(path)
    except RecordError:
        return None
    return found if found.machine == described() else None


def _current(found: Duel) -> Iterator[Cell]:
    for cell in found.cells:
        # Files of schema 3 have versions of what was measured only.
        told = found.installed or (cell.sides[1].packages if cell.sides else {})
        if _same(told, cell.backend):
            yield cell


def _key(cell: Cell | Experiment) -> tuple[str, str]:
    return cell.architecture, cell.backend


def _same(told: dict[str, str], backend: str) -> bool:
    """Return whether a result names what is installed for a backend, NumPy apart."""
    here = backends.packages(backend).items()
    return all(told.get(name) == version for name, version in here if name != "numpy")


def _measure(
    release: Release, cells: Sequence[Experiment], folder: Path, seconds: float
) -> Duel | None:
    """Return what came of a release, or why nothing did; None if it was stopped.

    Raises `SideError` where it could not be tried.
    """
    reasons = []
    started_at, cores = now(), usable_cores()[-1:]
    for base, head in _sides(release):
        try:
            with arena(base, head, cells, cores=cores) as where:
                contest = Contest(where, cells, log=folder / LOG, say=_say)
                outcome = contest.run(seconds, resume=True)
        except SideError as error:
            if error.passing:
                raise
            reasons.append(str(error))
            continue
        if contest.stopped:
            return None
        if not all(cell.failure for cell in contest.cells):
            return report.record(outcome, base, head, cores=len(cores), started_at=started_at)
        reasons += [f"with {head}: {cell.failure}" for cell in contest.cells[:1]]
    commit, dirty = commit_info()
    return Duel(
        started_at=started_at,
        base=release.name,
        head=AS_IT_IS,
        machine=described(),
        cores=len(cores),
        commit=commit,
        dirty=dirty,
        limit=LIMIT,
        failure="; ".join(dict.fromkeys(reasons)),
        cells=(),
    )


def _sides(release: Release) -> Iterator[tuple[str, str]]:
    """Yield what to measure: with what is installed, or with the newest Keras that fits.

    Both sides have the same Keras then, so that the difference is the release's.
    """
    yield release.name, AS_IT_IS
    if release.package != "keras":
        for version in reversed(_table()["keras"]):
            yield f"{release.name},keras=={version}", f"keras=={version}"


def _table() -> dict[str, list[str]]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    table: dict[str, list[str]] = tomllib.loads(text)["tool"]["keras-bench"]["versions"]
    return table


def _releases(value: str) -> tuple[Release, ...]:
    found = []
    for text in names(value):
        package, _, version = text.partition("==")
        if not PIN.fullmatch(text) or package not in BACKENDS:
            raise argparse.ArgumentTypeError(
                f"{text} is no release of {', '.join(BACKENDS)}, as keras==3.13.2"
            )
        found.append(Release(package=package, version=version))
    return tuple(found)


def _say(line: str) -> None:
    print(plain(line), flush=True)
