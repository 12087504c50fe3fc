"""How fast every network is in every way to run it, and whether it computes the same there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal, TypeVar

from msgspec import structs

from reports import statistics
from reports.grouping import anchor, versions_of
from reports.schema.record import Compared, Failed, Header, Measured, Trained
from reports.tables.equivalence import MARGIN, equivalent, verdict
from reports.tables.front import accuracies_of
from reports.timing import calm_epochs

Sameness = Literal["equal", "alike", "DIFFERENT", "undecided", "reference"]
SIGNS: dict[Sameness, str] = {
    "equal": "=",
    "alike": "≈",
    "DIFFERENT": "≠",
    "undecided": "?",
    "reference": "",
}
MEANINGS = (
    "Each number: epoch time relative to the fastest way of that network, without what each call "
    "of fit adds to the steps (column per fit). "
    "= equal to the float64 reference, or to the bit with the first column; "
    f"≈ mean test accuracy within {MARGIN} of the first column's, by its interval; ≠ different; "
    "? not decided by these runs; ! some runs failed; ~ others disturbed every run, so that its "
    "time does not count."
)
SHADES = (1.05, 1.5, 2.5, 5.0)
"""Ratios up to which a cell has the first, second, … shade; the last is for all above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One network in one way."""

    ratio: float | None = None
    """Epoch time over that of the fastest way; None where none was measured."""
    seconds: float | None = None
    """Of a steady epoch: median over epochs, geometric mean over runs."""
    sameness: Sameness | None = None
    disturbed: bool = False
    failure: str | None = None
    link: str | None = None
    """Its page."""

    @property
    def text(self) -> str:
        """What stands in the cell."""
        if self.failure is not None and self.ratio is None:
            return "failed"
        if self.ratio is None:
            return SIGNS[self.sameness].strip() or "–" if self.sameness else "–"
        sign = f" {SIGNS[self.sameness]}".rstrip() if self.sameness else ""
        failed = " !" if self.failure is not None else ""
        return f"{'~' if self.disturbed else ''}{self.ratio:.2f}{sign}{failed}"

    @property
    def said(self) -> str:
        """Return the cell in words."""
        parts = [f"{self.seconds:.4g} s an epoch"] if self.seconds else []
        parts += [self.sameness] if self.sameness else []
        parts += ["others disturbed every run"] if self.disturbed else []
        parts += [f"a run failed: {self.failure}"] if self.failure is not None else []
        return "; ".join(parts)

    @property
    def shade(self) -> int | None:
        """Return 0 for as fast as the fastest, more for slower."""
        if self.ratio is None or self.disturbed:
            return None
        return sum(self.ratio > limit for limit in SHADES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The networks of one data set, in every way that any of them was run."""

    ways: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    """Of each network its name and a cell for each way."""


R = TypeVar("R", bound=Header)


def by_way(record: R) -> R:
    """Return a record whose backend is named with its settings, ``jax, tuned``, and has none else.

    Then every way to run a network is a row of its own wherever backends are.
    """
    if not record.settings:
        return record
    return structs.replace(
        record,
        backend=f"{record.backend}, {record.settings}",
        execution="default",
        precision="float32",
        cores=None,
    )


def matrix(
    records: Sequence[Measured], failed: Sequence[Failed], compared: Sequence[Compared]
) -> Matrix:
    """Return the matrix of one data set; all are named by their way, as `by_way` does."""
    of_networks = [record for record in records if record.kind != "baseline"]
    longest = max((record.epochs for record in of_networks), default=0)
    groups: dict[str, dict[str, list[Measured]]] = {}
    for record in of_networks:
        if record.epochs in (0, longest):
            groups.setdefault(record.architecture, {}).setdefault(record.backend, []).append(record)
    for failure in failed:
        groups.setdefault(failure.architecture, {}).setdefault(failure.backend, [])
    ways = tuple(sorted({way for found in groups.values() for way in found}))
    reasons = {(f.architecture, f.backend): f.reason for f in failed}
    rows = []
    for network, found in groups.items():
        times = {way: _epoch(runs) for way, runs in found.items()}
        calm = [seconds for seconds, troubled in times.values() if seconds and not troubled]
        fastest = min(calm or [seconds for seconds, _ in times.values() if seconds], default=None)
        cells = []
        for way in ways:
            runs = found.get(way, [])
            seconds, troubled = times.get(way, (None, False))
            cells.append(
                Cell(
                    ratio=seconds / fastest if seconds and fastest else None,
                    seconds=seconds,
                    sameness=_sameness(_exact(network, way, runs, compared), way, found, ways),
                    disturbed=troubled,
                    failure=reasons.get((network, way)),
                    link=anchor(runs[0]) if runs else None,
                )
            )
        rows.append((network, tuple(cells)))
    return Matrix(ways=ways, rows=tuple(rows))


def _epoch(runs: Sequence[Measured]) -> tuple[float | None, bool]:
    """Return the typical steady epoch, and whether there is none that others left alone."""
    calm = calm_epochs(runs)
    epochs = (r.durations.epoch_seconds for r in runs if isinstance(r, Trained))
    chosen = calm or [median(seconds) for seconds in epochs if seconds]
    return (statistics.geometric_mean(chosen) if chosen else None), bool(chosen and not calm)


def _exact(
    network: str, way: str, runs: Sequence[Measured], compared: Iterable[Compared]
) -> str | None:
    """Return what comparisons of the same network, by the same code and versions, came to."""
    found = [
        verdict(c)
        for c in compared
        if (c.architecture, c.backend) == (network, way) and any(_same_code(c, r) for r in runs)
    ]
    return next((each for each in found if each != "equal"), "equal") if found else None


def _same_code(one: Measured | Compared, other: Measured) -> bool:
    """Return whether two records are of one source of the network, as far as told, and versions."""
    sources = {(r.provenance or {}).get("source") for r in (one, other)} - {None}
    return len(sources) < 2 and versions_of(one) == versions_of(other)


def _sameness(
    exact: str | None, way: str, found: Mapping[str, Sequence[Measured]], ways: Sequence[str]
) -> Sameness | None:
    """Return whether a network computes the same in a way: exactly known, or by its accuracies."""
    runs = found.get(way, [])
    if not runs:
        return None
    if exact:
        return "equal" if exact == "equal" else "DIFFERENT"
    first = next((other for other in ways if _accuracies(found.get(other, []))), None)
    mine = _accuracies(runs)
    if first is None or not mine:
        return None
    if way == first:
        return "reference"
    before, after = _weights(found[first]), _weights(runs)
    if (seeds := before.keys() & after.keys()) and all(before[s] == after[s] for s in seeds):
        return "equal"
    says = equivalent(statistics.difference(_accuracies(found[first]), mine, confidence=0.90))
    if says == "equivalent":
        return "alike"
    return "DIFFERENT" if says == "different" else "undecided"


def _weights(runs: Sequence[Measured]) -> dict[int, str]:
    """Return the checksum of the weights that each seed ended with."""
    return {r.seed: r.weights for r in runs if isinstance(r, Trained) and r.weights}


def _accuracies(runs: Sequence[Measured]) -> list[float]:
    return accuracies_of([record for record in runs if isinstance(record, Trained)])
