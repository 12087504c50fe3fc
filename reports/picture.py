"""What every drawing has in common: its type, its style and how it becomes SVG."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

STYLE: dict[Any, Any] = {
    "svg.hashsalt": "keras-bench",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A drawing with a name for its file and a sentence for who cannot see it."""

    name: str
    title: str
    svg: str


@contextmanager
def style(**changes: Any) -> Iterator[None]:
    """Draw in the style of the reports."""
    settings: dict[Any, Any] = {**STYLE, **changes}
    with mpl.rc_context(settings):
        yield


def svg(figure: Figure) -> str:
    """Return a figure as an SVG text: the same drawing gives the same bytes."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return stream.getvalue()
