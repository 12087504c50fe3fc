"""Records to how far each network is from what its machine can do."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports import work
from reports.curves import colors_of
from reports.picture import Picture, style, svg
from reports.record import Limits, Record
from reports.settings import step_seconds
from reports.tables import Table
from reports.tradeoff import marker


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The training step of one network on one backend with one setting."""

    record: Record
    step_seconds: float
    work: work.Work

    @property
    def rate(self) -> float:
        """Operations a second."""
        return self.work.flops / self.step_seconds

    @property
    def intensity(self) -> float:
        """Operations for each byte moved."""
        return self.work.flops / self.work.bytes


def limits(records: Sequence[Record]) -> Limits | None:
    """Return the best rates that any library reached on this machine, None if none was measured."""
    found = [r.environment.limits for r in records if r.environment and r.environment.limits]
    if not found:
        return None
    return Limits(
        flops_per_second=max(limit.flops_per_second for limit in found),
        bytes_per_second=max(limit.bytes_per_second for limit in found),
    )


def points(records: Sequence[Record]) -> list[Point]:
    """Return a point for each network, backend and settings: the median over its runs."""
    groups: dict[tuple[str, str, str], list[Record]] = {}
    for record in records:
        if step_seconds(record) and record.network and record.network.input_shape:
            key = record.architecture, record.backend, record.settings
            groups.setdefault(key, []).append(record)
    return [
        Point(
            record=group[0],
            step_seconds=median(value for record in group if (value := step_seconds(record))),
            work=work.of(
                group[0].network, batch_size=group[0].batch_size, optimizer=group[0].optimizer
            ),
        )
        for group in groups.values()
        if group[0].network
    ]


def attainable(intensity: float, limit: Limits) -> float:
    """Return the operations a second that a machine could reach (S. Williams et al., 2009)."""
    return min(limit.flops_per_second, intensity * limit.bytes_per_second)


def shares(records: Sequence[Record]) -> Table:
    """Return what a step computes and moves, and its share of what the machine could do."""
    limit = limits(records)
    rows = []
    for point in points(records) if limit else ():
        assert limit
        rows.append(
            {
                "network": point.record.architecture,
                "backend": point.record.backend,
                "settings": point.record.settings or "default",
                "MFLOP a step": f"{point.work.flops / 1e6:,.1f}",
                "MB a step": f"{point.work.bytes / 1e6:.2f}",
                "step [ms] ↓": f"{point.step_seconds * 1e3:.3f}",
                "GFLOP/s ↑": f"{point.rate / 1e9:.2f}",
                "of the matrix product ↑": f"{point.rate / limit.flops_per_second:.1%}",
                "of the roofline ↑": f"{point.rate / attainable(point.intensity, limit):.1%}",
            }
        )
    return Table(name="roofline", title="How far from the limit?", frame=pd.DataFrame(rows))


def picture(records: Sequence[Record]) -> Picture | None:
    """Draw operations a second over operations a byte, under the roof of the machine."""
    limit, found = limits(records), points(records)
    if limit is None or not found:
        return None
    colors = colors_of([point.record for point in found])
    ways = list(dict.fromkeys((p.record.backend, p.record.settings or "default") for p in found))
    ridge = limit.flops_per_second / limit.bytes_per_second
    with style():
        figure = Figure((7.6, 4.4), layout="constrained")
        panel = figure.subplots()
        at = np.geomspace(
            min(*(p.intensity for p in found), ridge) / 2,
            max(*(p.intensity for p in found), ridge) * 2,
            100,
        )
        panel.plot(at, [attainable(x, limit) / 1e9 for x in at], color="0.3", lw=1.5)
        for point in found:
            way = point.record.backend, point.record.settings or "default"
            panel.plot(
                point.intensity,
                point.rate / 1e9,
                marker=marker(ways, way),
                color=colors[point.record.architecture],
                ls="",
            )
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_xlabel("operations per byte moved")
        panel.set_ylabel("GFLOP/s")
        panel.set_title(
            f"roof: {limit.flops_per_second / 1e9:.0f} GFLOP/s, "
            f"{limit.bytes_per_second / 1e9:.0f} GB/s",
            fontsize=9,
        )
        lines = [
            mpl.lines.Line2D([], [], color=color, marker="o", ls="") for color in colors.values()
        ]
        shapes = [
            mpl.lines.Line2D([], [], color="0.3", ls="", marker=marker(ways, way)) for way in ways
        ]
        names = [*colors, *(", ".join(way) for way in ways)]
        figure.legend([*lines, *shapes], names, loc="outside right upper", frameon=False)
        return Picture(
            name="roofline",
            title="Training steps under the roofline of the machine",
            svg=svg(figure),
        )
