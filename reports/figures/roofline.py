"""Training steps under the roof of their machine (S. Williams et al., 2009)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from reports.charts import Looks
from reports.figures.picture import Picture, label_sparsely, legend_of_points, style, svg
from reports.schema.environment import Peaks
from reports.schema.record import Measured
from reports.tables.roofline import attainable, peaks, points
from reports.tables.ways import by_way

PALE = 0.4
"""Opacity."""


def picture(records: Sequence[Measured], looks: Looks) -> Picture | None:
    """Draw operations a second over operations a byte, under a roof for each number of cores.

    Pale where the times are doubtful.
    """
    roofs = peaks(records)
    placed = [(x, point) for point in points(records) if (x := point.intensity)]
    if not roofs or not placed:
        return None
    steps = [point for _, point in placed]
    shown = looks.of((p.record.architecture, by_way(p.record).backend) for p in steps)
    ridges = [peak.flops_per_second / peak.bytes_per_second for peak in roofs.values()]
    intensities = [*(x for x, _ in placed), *ridges]
    with style():
        figure = Figure((7.6, 4.4), layout="constrained")
        panel = figure.subplots()
        at = np.geomspace(min(intensities) / 2, max(intensities) * 2, 100)
        for peak in roofs.values():
            panel.plot(at, [attainable(x, peak) / 1e9 for x in at], color="0.3", lw=1.5)
        for x, point in placed:
            panel.plot(
                x,
                point.rate / 1e9,
                marker=shown.shapes[by_way(point.record).backend].marker,
                color=shown.colors[point.record.architecture],
                alpha=PALE if point.noise else 1,
                ls="",
            )
        panel.set_xscale("log")
        panel.set_yscale("log")
        label_sparsely(panel.xaxis)
        panel.set_xlabel("operations per byte moved")
        panel.set_ylabel("GFLOP/s")
        panel.set_title("\n".join(_roof(*roof, len(roofs)) for roof in roofs.items()), fontsize=9)
        legend_of_points(figure, shown)
        return Picture(
            name="roofline",
            title="Training steps under the roofline of the machine"
            + "; pale: its time is doubtful" * any(point.noise for point in steps),
            svg=svg(figure),
        )


def _roof(cores: int, peak: Peaks, number: int) -> str:
    """Return what the title says of one of so many roofs."""
    of = f" of {cores} core{'s' * (cores > 1)}" if number > 1 else ""
    rates = f"{peak.flops_per_second / 1e9:.0f} GFLOP/s, {peak.bytes_per_second / 1e9:.0f} GB/s"
    return f"roof{of}: {rates}"
