"""How far each network is from what its machine can do."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from reports import operations
from reports.schema.environment import Peaks
from reports.schema.record import Measured, Trained
from reports.tables.settings import step_seconds
from reports.tables.table import Table, typical, with_dataset_where_several
from reports.timing import noises, undisturbed

OWN = "own"
"""Kind of a user's network: its layers may branch, and none is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The training step of one network on one backend with one setting."""

    record: Trained
    step_seconds: float
    flops: int
    """Of a step: counted from the layers, or in its program where that was done."""
    bytes: int | None
    """Least traffic of a step with memory; None where only the operations are known."""
    noise: str | None
    """Why its time is doubtful, if it is."""

    @property
    def rate(self) -> float:
        """Operations a second."""
        return self.flops / self.step_seconds

    @property
    def intensity(self) -> float | None:
        """Operations for each byte moved."""
        return self.flops / self.bytes if self.bytes else None


def peaks(records: Sequence[Measured]) -> dict[int, Peaks]:
    """Return the best rates that any library reached on this machine, by the cores that it had.

    More cores can do all that fewer did; where they were measured at less, others took of them.
    """
    measured = [(r.environment.cores, peak) for r in records if (peak := r.environment.peaks)]
    return {
        cores: Peaks(
            flops_per_second=max(p.flops_per_second for least, p in measured if least <= cores),
            bytes_per_second=max(p.bytes_per_second for least, p in measured if least <= cores),
        )
        for cores in sorted({cores for cores, _ in measured})
    }


def points(records: Sequence[Measured]) -> list[Point]:
    """Return a point for each network, data set, backend and settings: its typical run.

    Those that others left alone; all where they disturbed every run.

    Networks whose work cannot be counted have none. What was counted in the program on one backend
    is so on every other: Keras computes the same.
    """
    counted = {
        _step(record): record.network.step_flops
        for record in records
        if isinstance(record, Trained) and record.network.step_flops
    }
    by_way: dict[tuple[str, ...], list[Trained]] = {}
    for record in records:
        if isinstance(record, Trained) and step_seconds(record):
            key = record.architecture, record.dataset, record.backend, record.settings
            by_way.setdefault(key, []).append(record)
    found = []
    for group in by_way.values():
        first, *_ = told = undisturbed(group)
        step = typical(map(step_seconds, told))
        of_layers = None if first.kind == OWN else _of_layers(first)
        flops = counted.get(_step(first)) or (of_layers.flops if of_layers else None)
        if flops and step:
            least = of_layers.bytes if of_layers else None
            found.append(
                Point(record=first, step_seconds=step, flops=flops, bytes=least, noise=noises(told))
            )
    return found


def _step(record: Trained) -> tuple[str, str, int, str]:
    """Return what a training step is told from another by."""
    layers = ", ".join(f"{layer.name} {layer.parameters}" for layer in record.network.layers)
    return record.architecture, record.dataset, record.batch_size, layers


def _of_layers(record: Trained) -> operations.Work | None:
    return operations.of(record.network, batch_size=record.batch_size, optimizer=record.optimizer)


def attainable(intensity: float, peak: Peaks) -> float:
    """Return the operations a second that a machine could reach (S. Williams et al., 2009)."""
    return min(peak.flops_per_second, intensity * peak.bytes_per_second)


def shares(records: Sequence[Measured]) -> Table:
    """Return what a step computes and moves, and its share of what the machine could do.

    The roof is that of as many cores as the run had; "–" where it was not measured.
    """
    roofs = peaks(records)
    rows = []
    for point in points(records) if roofs else []:
        peak, intensity = roofs.get(point.record.environment.cores), point.intensity
        rows.append(
            {
                "network": point.record.architecture,
                "data set": point.record.dataset,
                "backend": point.record.backend,
                "settings": point.record.settings or "default",
                "MFLOP a step": f"{point.flops / 1e6:,.1f}",
                "MB a step": f"{point.bytes / 1e6:.2f}" if point.bytes else None,
                "step [ms] ↓": f"{point.step_seconds * 1e3:.3f}",
                "GFLOP/s ↑": f"{point.rate / 1e9:.2f}",
                "of the matrix product ↑": f"{point.rate / peak.flops_per_second:.1%}"
                if peak
                else None,
                "of the roofline ↑": f"{point.rate / attainable(intensity, peak):.1%}"
                if peak and intensity
                else None,
                "noise": point.noise,
            }
        )
    frame = with_dataset_where_several(pd.DataFrame(rows), records)
    if not any(row["noise"] for row in rows):
        frame = frame.drop(columns="noise", errors="ignore")
    return Table(name="roofline", title="How far from the limit?", frame=frame)
