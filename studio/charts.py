"""Options of the charts: plain data in, what ECharts takes out. Nothing in them is markup."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

COLORS = (
    *("#0072b2", "#d55e00", "#009e73", "#b5489a", "#8c6d00"),
    *("#56a0d3", "#7a5bd0", "#e0a000", "#6b7280", "#c23b54"),
)
"""Told apart by most colour-blind people, on white and on black (after Okabe and Ito)."""
POINTS = 200
"""Drawn of a threshold curve."""

Line = tuple[str, str, bool, Sequence[Sequence[float | None]]]
"""Name, colour, whether dashed, and points ``(x, y)``."""


def lines(title: str, x: str, drawn: Sequence[Line], *, unit: bool = False) -> dict[str, Any]:
    """Draw lines over epochs, counted from 1; ``unit``: over 0 to 1, with values from 0 to 1."""
    limits = {"min": 0, "max": 1} if unit else {}
    whole = {} if unit else {"min": 1, "minInterval": 1}
    return _base(title) | {
        "tooltip": {"trigger": "axis", "renderMode": "richText", "confine": True},
        "grid": {"left": 52, "right": 16, "top": 40, "bottom": 44},
        "xAxis": _axis(x) | {"type": "value"} | limits | whole,
        "yAxis": _axis("") | {"type": "value", "scale": True} | limits,
        "series": [
            {
                "type": "line",
                "name": name,
                "data": [list(point) for point in points],
                "color": color,
                "lineStyle": {"type": "dashed" if dashed else "solid", "width": 2},
                "symbol": "emptyCircle" if dashed else "circle",
                "showSymbol": len(points) < 40 and not unit,
            }
            for name, color, dashed, points in drawn
        ],
    }


def bars(
    title: str, categories: Sequence[str], counts: Mapping[str, Sequence[int]], *, stacked: bool
) -> dict[str, Any]:
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


def thin(x: np.ndarray, y: np.ndarray) -> list[list[float]]:
    """Return points of a curve, as many as can be seen."""
    chosen = np.unique(np.linspace(0, len(x) - 1, POINTS).astype(int))
    return [[round(float(x[i]), 4), round(float(y[i]), 4)] for i in chosen]


def _base(title: str) -> dict[str, Any]:
    return {
        "title": {"text": title, "textStyle": {"fontSize": 14}, "left": 8, "top": 6},
        "animation": False,
        "aria": {"enabled": True},
        "backgroundColor": "transparent",
    }


def _axis(name: str) -> dict[str, Any]:
    return {"name": name, "nameLocation": "middle", "nameGap": 26}
