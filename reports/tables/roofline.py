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
from reports.tables.table import Table


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


def peaks(records: Sequence[Measured]) -> Peaks | None:
    """Return the best rates that any library reached on this machine, None if none was measured."""
    measured = [r.environment.peaks for r in records if r.environment.peaks]
    if not measured:
        return None
    return Peaks(
        flops_per_second=max(peak.flops_per_second for peak in measured),
        bytes_per_second=max(peak.bytes_per_second for peak in measured),
    )


def points(records: Sequence[Measured]) -> list[Point]:
    """Return a point for each network, backend and settings: the median over its runs."""
    by_way: dict[tuple[str, str, str], list[Trained]] = {}
    for record in records:
        if isinstance(record, Trained) and step_seconds(record) and record.network.input_shape:
            key = record.architecture, record.backend, record.settings
            by_way.setdefault(key, []).append(record)
    return [
        Point(
            record=group[0],
            step_seconds=median(value for record in group if (value := step_seconds(record))),
            work=operations.of(
                group[0].network, batch_size=group[0].batch_size, optimizer=group[0].optimizer
            ),
        )
        for group in by_way.values()
    ]


def attainable(intensity: float, peak: Peaks) -> float:
    """Return the operations a second that a machine could reach (S. Williams et al., 2009)."""
    return min(peak.flops_per_second, intensity * peak.bytes_per_second)


def shares(records: Sequence[Measured]) -> Table:
    """Return what a step computes and moves, and its share of what the machine could do."""
    peak = peaks(records)
    rows = []
    for point in points(records) if peak else ():
        assert peak
        rows.append(
            {
                "network": point.record.architecture,
                "backend": point.record.backend,
                "settings": point.record.settings or "default",
                "MFLOP a step": f"{point.work.flops / 1e6:,.1f}",
                "MB a step": f"{point.work.bytes / 1e6:.2f}",
                "step [ms] ↓": f"{point.step_seconds * 1e3:.3f}",
                "GFLOP/s ↑": f"{point.rate / 1e9:.2f}",
                "of the matrix product ↑": f"{point.rate / peak.flops_per_second:.1%}",
                "of the roofline ↑": f"{point.rate / attainable(point.intensity, peak):.1%}",
            }
        )
    return Table(name="roofline", title="How far from the limit?", frame=pd.DataFrame(rows))
