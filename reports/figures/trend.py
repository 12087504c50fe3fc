"""Metrics over commits or versions."""

import math

from matplotlib.figure import Figure

from reports.charts import COLORS, shapes_of
from reports.figures.picture import Picture, label, style, svg
from reports.schema.metrics import BY_NAME
from reports.trend.trend import Trend

MOST_LINES = 24
"""Of a picture: those that changed first."""


def picture(shown: Trend, metric: str) -> Picture:
    """Draw a metric of all series; rings mark where it changed."""
    marked = {(id(c.series), c.label) for c in shown.changes if c.metric == metric}
    changed = {place for place, _ in marked}
    drawn = [one for one in shown.series if len(one.typical(metric)) > 1]
    drawn = sorted(drawn, key=lambda one: id(one) not in changed)[:MOST_LINES]
    places = {name: place for place, name in enumerate(shown.points)}
    networks = list(dict.fromkeys(one.architecture for one in drawn))
    shapes = shapes_of(one.backend for one in drawn)
    relative = BY_NAME[metric].kind != "quality"
    with style():
        figure = Figure((8.0, 3.6), layout="constrained")
        panel = figure.subplots()
        for one in drawn:
            typical = one.typical(metric)
            last = typical[-1][1] if relative else 1.0
            at = [places[name] for name, _ in typical]
            values = [value / last if last else math.nan for _, value in typical]
            color = COLORS[networks.index(one.architecture) % len(COLORS)]
            panel.plot(
                *(at, values),
                color=color,
                marker=shapes[one.backend].marker,
                ms=4,
                lw=1.2,
                label=label(one.name, 40),
            )
            for place, value, (name, _) in zip(at, values, typical, strict=True):
                if (id(one), name) in marked:
                    panel.plot(place, value, "o", ms=11, mfc="none", mec=color, mew=1.6)
        panel.set_xticks(range(len(places)), list(places), rotation=30, ha="right", fontsize=7)
        unit = f" [{BY_NAME[metric].unit}]" if BY_NAME[metric].unit and not relative else ""
        panel.set_ylabel(
            f"{BY_NAME[metric].label}{unit}" + (" over that of the last" if relative else "")
        )
        figure.legend(loc="outside right upper", frameon=False, fontsize=7)
        return Picture(
            name=f"trend-{metric}",
            title=f"{BY_NAME[metric].label} over {shown.what}; rings mark changes",
            svg=svg(figure),
        )
