"""Options of the charts, in the report and the studio: plain data in, what ECharts takes out.

Nothing in them is markup or code, so that they can be embedded as JSON.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reports.schema.record import Header

COLORS = (
    *("#0072b2", "#d55e00", "#009e73", "#b5489a", "#8c6d00"),
    *("#56a0d3", "#7a5bd0", "#e0a000", "#6b7280", "#c23b54"),
)
"""Told apart by most colour-blind people, on white and on black (after Okabe and Ito)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The mark of a backend, the same in a chart, a picture and a text."""

    symbol: str
    """Of ECharts."""
    marker: str
    """Of matplotlib."""
    character: str


SHAPES = (
    Shape(symbol="circle", marker="o", character="●"),
    Shape(symbol="triangle", marker="^", character="▲"),
    Shape(symbol="rect", marker="s", character="■"),
    Shape(symbol="diamond", marker="D", character="◆"),
    Shape(symbol="path://M0 0H10L5 10Z", marker="v", character="▼"),
    Shape(symbol="path://M3 0H7V3H10V7H7V10H3V7H0V3H3Z", marker="P", character="✚"),
    Shape(
        symbol="path://M5 0L6.2 3.6H10L7 5.9L8.1 9.5L5 7.3L1.9 9.5L3 5.9L0 3.6H3.8Z",
        marker="*",
        character="★",
    ),
    Shape(
        symbol="path://M2 0L5 3L8 0L10 2L7 5L10 8L8 10L5 7L2 10L0 8L3 5L0 2Z",
        marker="X",
        character="✕",
    ),
)
"""A ninth way to run networks has one of them again."""
BACKENDS = ("jax", "tensorflow", "sklearn", "openvino", "numpy")
"""Those whose shapes are the same in all reports: the first ones, in this order."""
LIGHTER = 0.5
"""Share of white in the colours of networks beyond the tenth."""
POINTS = 120
"""Of a drawn threshold curve: as many as can be seen."""

Options = dict[str, Any]
Line = tuple[str, str, bool, Sequence[Sequence[float | None]]]
"""Name, colour, whether dashed, and points ``(x, y)``."""


def colors_of(records: Iterable[Header]) -> dict[str, str]:
    """Return a colour for each network, in the order of the records; the second ten are lighter.

    Those that have no data set in common may have the same: no picture shows both.
    """
    datasets: dict[str, set[str]] = {}
    for record in records:
        datasets.setdefault(record.architecture, set()).add(record.dataset)
    palette = [*COLORS, *map(_lighter, COLORS)]
    colors: dict[str, str] = {}
    for name, its in datasets.items():
        taken = {colors[other] for other in colors if datasets[other] & its}
        free = [color for color in palette if color not in taken]
        colors[name] = free[0] if free else palette[len(colors) % len(palette)]
    return colors


def shapes_of(names: Iterable[str]) -> dict[str, Shape]:
    """Return a shape for each backend; ways to run one, as ``jax, tuned``, have what is left."""
    found = sorted(set(names))
    shapes = {name: SHAPES[BACKENDS.index(name)] for name in BACKENDS if name in found}
    free = [shape for shape in SHAPES if shape not in shapes.values()]
    others = [name for name in found if name not in shapes]
    return shapes | {name: free[place % len(free)] for place, name in enumerate(others)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How networks and backends look: the same wherever a report shows them."""

    colors: Mapping[str, str]
    shapes: Mapping[str, Shape]

    def of(self, drawn: Iterable[tuple[str, str]]) -> "Looks":
        """Return those of some networks on backends alone."""
        pairs = set(drawn)
        networks, backends = {network for network, _ in pairs}, {backend for _, backend in pairs}
        return Looks(
            colors={name: color for name, color in self.colors.items() if name in networks},
            shapes={name: shape for name, shape in self.shapes.items() if name in backends},
        )

    @property
    def legend(self) -> str:
        """Return the shapes in words: ``● jax; ▲ jax, tuned``."""
        return "; ".join(f"{shape.character} {name}" for name, shape in self.shapes.items())


def looks(records: Iterable[Header]) -> Looks:
    """Return how the networks and backends of some records look, in the order of the records."""
    records = list(records)
    return Looks(colors=colors_of(records), shapes=shapes_of(r.backend for r in records))


def lines(title: str, x: str, drawn: Sequence[Line], *, unit: bool = False) -> Options:
    """Draw lines over epochs, counted from 1; ``unit``: over 0 to 1, with values from 0 to 1."""
    limits = {"min": 0, "max": 1} if unit else {}
    return _base(title) | {
        "tooltip": {"trigger": "axis", "renderMode": "richText", "confine": True},
        "grid": {"left": 52, "right": 16, "top": 40, "bottom": 44},
        "xAxis": _axis(x) | {"type": "value"} | limits if unit else epochs(x),
        "yAxis": _axis("") | {"type": "value", "scale": True} | limits,
        "series": [
            line(name, color, dashed=dashed, marked=len(points) < 40 and not unit)
            | {"data": [list(point) for point in points]}
            for name, color, dashed, points in drawn
        ],
    }


def line(name: str, color: str, *, dashed: bool, marked: bool, symbol: str = "circle") -> Options:
    """Return a line without its points; ``marked``: each of them has a mark."""
    return {
        "type": "line",
        "name": name,
        "color": color,
        "lineStyle": {"type": "dashed" if dashed else "solid", "width": 2},
        "symbol": f"empty{symbol[0].upper()}{symbol[1:]}" if dashed else symbol,
        "showSymbol": marked,
    }


def points(x: str, y: str, drawn: Sequence[Options]) -> Options:
    """Draw points over positive values, as `point` makes them."""
    return _base("") | {
        "tooltip": {"trigger": "item", "renderMode": "richText", "confine": True},
        "grid": {"left": 64, "right": 44, "top": 24, "bottom": 44},
        "xAxis": positive(x),
        "yAxis": _axis(y) | {"type": "value", "scale": True, "nameGap": 46},
        "series": list(drawn),
    }


def point(
    *,
    name: str,
    label: str,
    color: str,
    symbol: str,
    values: Mapping[str, float],
    filled: bool,
    dotted: bool = False,
) -> Options:
    """Return one point; of its named values the first two are x and y, all are told."""
    names = list(values)
    fill = f"{color}55" if dotted else color  # pale, so that the dots are seen
    return {
        "type": "scatter",
        "name": name,
        "symbol": symbol,
        "symbolSize": 13,
        "itemStyle": {"color": fill if filled else "transparent", "borderColor": color}
        | {"borderWidth": 2, "borderType": "dotted" if dotted else "solid"},
        "dimensions": names,
        "encode": {"x": 0, "y": 1, "tooltip": list(range(len(names)))},
        "data": [{"name": label, "value": list(values.values())}],
        "label": {"show": True, "position": "top", "formatter": "{b}", "fontSize": 11},
        "labelLayout": {"hideOverlap": True},
    }


def bars(
    title: str, categories: Sequence[str], counts: Mapping[str, Sequence[int]], *, stacked: bool
) -> Options:
    """Draw counts over categories, a series each."""
    return _base(title) | {
        "tooltip": {"trigger": "axis", "renderMode": "richText", "confine": True},
        "legend": {"type": "scroll", "bottom": 0},
        "grid": {"left": 60, "right": 16, "top": 40, "bottom": 84},
        "xAxis": _axis("") | {"type": "category", "data": list(categories)},
        "yAxis": _axis("") | {"type": "value"},
        "series": [
            {
                "type": "bar",
                "name": name,
                "data": list(values),
                "color": COLORS[place % len(COLORS)],
                "stack": "all" if stacked else None,
            }
            for place, (name, values) in enumerate(counts.items())
        ],
    }


def epochs(name: str) -> Options:
    """Return an axis of whole numbers from 1 on."""
    return _axis(name) | {"type": "value", "min": 1, "minInterval": 1}


def positive(name: str) -> Options:
    """Return a logarithmic axis."""
    return _axis(name) | {"type": "log"}


def thin(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a curve with no more points than can be seen, both ends kept."""
    length = np.hypot(np.diff(x), np.diff(y)).cumsum()
    wanted = np.linspace(0, length[-1], POINTS)
    places = np.unique(
        np.concatenate([[0], 1 + np.searchsorted(length, wanted[1:-1]), [len(length)]])
    )
    return x[places], y[places]


def _lighter(color: str) -> str:
    parts = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(part + (255 - part) * LIGHTER):02x}" for part in parts)


def _base(title: str) -> Options:
    return {
        "title": {"text": title, "textStyle": {"fontSize": 14}, "left": 8, "top": 6},
        "animation": False,
        "aria": {"enabled": True},
        "backgroundColor": "transparent",
    }


def _axis(name: str) -> Options:
    return {"name": name, "nameLocation": "middle", "nameGap": 26}
