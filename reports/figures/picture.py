"""What every drawing has in common: its type, its style and how it becomes SVG."""

import io
import math
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatterSciNotation, LogLocator

from reports.charts import COLORS, Looks
from reports.schema.record import Measured

PANEL_INCHES = (4.2, 2.6)
LONG, SHORT = 60, 24
"""Characters of a label: longer ones leave no room for what they are of."""
TAG = re.compile(r"<[^<>]*>\s*")
METADATA = ("Date", "Creator", "Format", "Type")
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "keras-bench",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.prop_cycle": cycler(color=COLORS),
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
    with mpl.rc_context(settings), warnings.catch_warnings():
        # Who looks at the picture has the letters: its texts are texts.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        yield


def label(text: str, most: int = LONG) -> str:
    """Return a text of a record as it may stand in a figure: short, and no formula."""
    short = text if len(text) <= most else f"{text[: most - 1]}…"
    return short.replace("$", r"\$")


def svg(figure: Figure) -> str:
    """Return a figure as an SVG text: the same drawing gives the same bytes.

    A third of what matplotlib writes: places to a tenth of a point, which nobody can see, each
    style once, and no names that nothing refers to. Texts are left as they are.
    """
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata=dict.fromkeys(METADATA))
    styles: dict[str, str] = {}

    def named(style: re.Match[str]) -> str:
        return f' class="{styles.setdefault(style[1], f"s{len(styles)}")}"'

    def shorter(tag: re.Match[str]) -> str:
        text = re.sub(r'(?<= d=")[^"]*', _path, tag[0])
        text = re.sub(r'(?<= (?:x|y)=")[^"]*|(?<= transform=")[^"]*', _rounded, text)
        text = re.sub(r' id="(?:\w+_\d+|matplotlib[^"]*)"| transform="rotate\(-0 [^"]*"', "", text)
        return re.sub(r"\s+", " ", re.sub(r' style="([^"]*)"', named, text))

    text = TAG.sub(shorter, stream.getvalue())
    rules = " ".join(f".{name}{{{style}}}" for style, name in styles.items())
    return text.replace("</style>", f" {rules}</style>", 1)


def _path(numbers: re.Match[str]) -> str:
    return re.sub(r"\s*([MLQCHVzZ])\s*", r"\1", _rounded(numbers))


def _rounded(numbers: re.Match[str]) -> str:
    return re.sub(r"-?\d+\.\d+", lambda n: f"{float(n[0]):.1f}".removesuffix(".0"), numbers[0])


def backends_of(records: Iterable[Measured]) -> list[str]:
    """Return the backends, in the order of the columns."""
    return sorted({record.backend for record in records})


def label_sparsely(axis: Axis) -> None:
    """Label 2 and 5 times the power of ten on a logarithmic axis, already drawn on, that has one.

    matplotlib labels 2, 3, 4 and 6 times, and on more than a decade these overlap.
    """
    low, high = (math.log10(end) for end in axis.get_view_interval())
    if high - low > 1 and math.floor(high) - math.ceil(low) < 1:
        axis.set_minor_locator(LogLocator(subs=(2, 5)))
        axis.set_minor_formatter(LogFormatterSciNotation(minor_thresholds=(math.inf, math.inf)))


def legend_of_points(figure: Figure, shown: Looks, title: str | None = None) -> None:
    """Tell colours and shapes beside the panel."""
    lines = [mpl.lines.Line2D([], [], color=color) for color in shown.colors.values()]
    shapes = [
        mpl.lines.Line2D([], [], color="0.3", ls="", marker=shape.marker)
        for shape in shown.shapes.values()
    ]
    names = [*map(label, shown.colors), *map(label, shown.shapes)]
    figure.legend([*lines, *shapes], names, loc="outside right upper", frameon=False, title=title)


def legend(figure: Figure, networks: Mapping[str, str], lines: Mapping[str, str]) -> None:
    """Tell colours and lines beside the panels."""
    handles = [mpl.lines.Line2D([], [], color=color) for color in networks.values()]
    handles += [mpl.lines.Line2D([], [], color="0.3", ls=line) for line in lines.values()]
    figure.legend(
        handles,
        [*(label(name, SHORT) for name in networks), *lines],
        loc="outside right upper",
        frameon=False,
    )
