"""Duels of releases with what was newest, as series over the versions of a package."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from reports.grouping import distributions, version_order
from reports.load import LoadError
from reports.schema.duel import Cell, Duel, load
from reports.schema.reading import RecordError
from reports.schema.text import plain

MEASURES = {
    "steady epoch": "cpu",
    "first epochs": "first",
    "import": "importing",
    "latency": "latency",
    "peak memory": "memory",
}
"""For people, and the field of a `Pair`; all but memory are CPU time, but with an accelerator."""
PINNED = re.compile(r"([A-Za-z][\w.-]*)==([^,]+)(?:,(.+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One release, in one network on one backend."""

    version: str
    cell: Cell
    beside: str
    """What was pinned on both sides; empty for what was installed."""

    def logs(self, measure: str) -> list[float]:
        """Return how much more than the newest it takes, as logarithms, a value each pair."""
        field = MEASURES[measure]
        if field == "cpu" and self.cell.accelerators:
            field = "wall"
        values: list[float | None] = [
            getattr(pair, field) for pair in self.cell.pairs if pair.cpu is not None
        ]
        return [-value for value in values if value is not None]

    @property
    def weights(self) -> str | None:
        """Checksum of what it learned."""
        return self.cell.sides[0].weights if self.cell.sides else None

    @property
    def accuracy(self) -> float | None:
        """On the test subset, of one seed."""
        return self.cell.sides[0].test.get("accuracy") if self.cell.sides else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The releases of one package in one network on one backend, in the order of their numbers."""

    package: str
    network: str
    backend: str
    releases: tuple[Release, ...]
    newest: str
    """Version of what they were measured against."""

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.network} on {self.backend}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Releases:
    """All that was measured."""

    lines: tuple[Line, ...]
    failed: tuple[tuple[str, str], ...]
    """Releases, or a network of one, that could not be measured, and why."""
    duels: tuple[Duel, ...]
    skipped: tuple[str, ...]
    """Files that hold no duel, and why."""

    @property
    def packages(self) -> list[str]:
        """Those that have lines."""
        return list(dict.fromkeys(line.package for line in self.lines))

    @property
    def accelerators(self) -> list[str]:
        """Those that something was computed on."""
        cells = (cell for duel in self.duels for cell in duel.cells)
        return list(dict.fromkeys(name for cell in cells for name in cell.accelerators))

    def of(self, package: str) -> list[Line]:
        """Return the lines of one package."""
        return [line for line in self.lines if line.package == package]


def read(folder: Path) -> Releases:
    """Read what `python -m bench versions` wrote. Raises `LoadError` where there is nothing."""
    duels, skipped = [], []
    for path in sorted(folder.glob("*.json")):
        try:
            duels.append(load(path))
        except RecordError as error:
            skipped.append(f"left out {plain(str(path))}: {error}")
    duels = [duel for duel in duels if PINNED.fullmatch(duel.base)]
    if not duels:
        raise LoadError(f"{plain(str(folder))}: no releases in it; {'; '.join(skipped[:3])}")
    return _gathered(duels, skipped)


def _gathered(duels: Sequence[Duel], skipped: Sequence[str]) -> Releases:
    lines: dict[tuple[str, str, str], list[Release]] = {}
    newest: dict[tuple[str, str, str], str] = {}
    against: dict[tuple[str, str, str], dict[str, str]] = {}
    failed = []
    for duel in sorted(duels, key=lambda duel: duel.started_at, reverse=True):
        package, version, beside = _pin(duel)
        if duel.failure:
            failed.append((f"{package} {version}", duel.failure))
        for cell in duel.cells:
            if cell.failure or not cell.sides:
                reason = cell.failure or "was not measured in the time that there was"
                failed.append(
                    (f"{package} {version}, {cell.architecture} on {cell.backend}", reason)
                )
                continue
            key = package, cell.architecture, cell.backend
            computed = cell.sides[1].packages
            where = {"machine": duel.machine} | {
                name: f"{name} {computed[name]}" for name in computed
            }
            for name in ("numpy", *(pin.partition("==")[0] for pin in beside.split(","))):
                where.pop(name, None)
            standard = against.setdefault(key, {})
            if any(standard.get(name, mine) != mine for name, mine in where.items()):
                told = f"{package} {version}, {cell.architecture} on {cell.backend}"
                failed.append((told, _elsewhere([*where.values()], [*standard.values()])))
                continue
            standard.update(where)
            release = Release(version=version, cell=cell, beside=beside)
            lines.setdefault(key, []).append(release)
            newest[key] = _version_of(package, computed)
    return Releases(
        lines=tuple(
            Line(
                package=key[0],
                network=key[1],
                backend=key[2],
                releases=tuple(sorted(found, key=lambda one: version_order(one.version))),
                newest=newest[key],
            )
            for key, found in sorted(lines.items())
        ),
        failed=tuple(sorted(failed)),
        duels=tuple(duels),
        skipped=tuple(skipped),
    )


def _elsewhere(where: Sequence[str], latest: Sequence[str]) -> str:
    """Return why a release cannot stand beside others: it was measured against something else."""
    sides = pairwise((where, latest, where))
    mine, now = ([each for each in one if each not in other] for one, other in sides)
    return (
        f"was measured against {', '.join(mine)}, the latest against {', '.join(now)}: they do not "
        "stand on one line, so measure it again"
    )


def _pin(duel: Duel) -> tuple[str, str, str]:
    found = PINNED.fullmatch(duel.base)
    assert found
    return found[1], found[2], found[3] or ""


def _version_of(package: str, packages: dict[str, str]) -> str:
    return next(filter(None, map(packages.get, distributions(package))), "installed")


def versions(lines: Iterable[Line]) -> list[str]:
    """Return all versions of some lines, the newest among them, in order."""
    found = {release.version for line in lines for release in line.releases}
    return sorted(found | {line.newest for line in lines}, key=version_order)
