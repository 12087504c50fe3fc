"""How far each network is from what its machine can do."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import pandas as pd

from reports import operations
from reports.operations import Work
from reports.schema.environment import Peaks
from reports.schema.record import Measured, Trained
from reports.tables.settings import step_seconds
from reports.tables.table import Table, with_dataset_where_several


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The training step of one network on one backend with one setting."""

    record: Trained
    step_seconds: float
    work: Work

    @property
    def rate(self) -> float:
        """Operations a second."""
        return self.work.flops / self.step_seconds

    @property
    def intensity(self) -> float:
        """Operations for each byte moved."""
        return self.work.flops / self.work.bytes


def peaks(records: Sequence[Measured]) -> dict[int, Peaks]:
    """Return the best rates that any library reached on this machine, by the cores that it had."""
    measured: dict[int, list[Peaks]] = {}
    for record in records:
        if found := record.environment.peaks:
            measured.setdefault(record.environment.cores, []).append(found)
    return {
        cores: Peaks(
            flops_per_second=max(peak.flops_per_second for peak in rates),
            bytes_per_second=max(peak.bytes_per_second for peak in rates),
        )
        for cores, rates in sorted(measured.items())
    }


def points(records: Sequence[Measured]) -> list[Point]:
    """Return a point for each network, data set, backend and settings: the median of its runs.

    Networks whose work cannot be counted have none.
    """
    by_way: dict[tuple[str, ...], list[Trained]] = {}
    for record in records:
        if isinstance(record, Trained) and step_seconds(record):
            key = record.architecture, record.dataset, record.backend, record.settings
            by_way.setdefault(key, []).append(record)
    found = []
    for first, *further in by_way.values():
        work = operations.of(first.network, batch_size=first.batch_size, optimizer=first.optimizer)
        steps = [seconds for r in (first, *further) if (seconds := step_seconds(r))]
        if work:
            found.append(Point(record=first, step_seconds=median(steps), work=work))
    return found


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
        peak = roofs.get(point.record.environment.cores)
        rows.append(
            {
                "network": point.record.architecture,
                "data set": point.record.dataset,
                "backend": point.record.backend,
                "settings": point.record.settings or "default",
                "MFLOP a step": f"{point.work.flops / 1e6:,.1f}",
                "MB a step": f"{point.work.bytes / 1e6:.2f}",
                "step [ms] ↓": f"{point.step_seconds * 1e3:.3f}",
                "GFLOP/s ↑": f"{point.rate / 1e9:.2f}",
                "of the matrix product ↑": f"{point.rate / peak.flops_per_second:.1%}"
                if peak
                else None,
                "of the roofline ↑": f"{point.rate / attainable(point.intensity, peak):.1%}"
                if peak
                else None,
            }
        )
    frame = with_dataset_where_several(pd.DataFrame(rows), records)
    return Table(name="roofline", title="How far from the limit?", frame=frame)
