"""Pieces of HTML from templates that escape whatever is put into them."""

from collections.abc import Sequence

import jinja2

from bench.machine import ROOT
from reports.figures.network import Box
from reports.tables.confusion import Confusion

TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader([ROOT / "studio" / "templates", ROOT / "reports" / "templates"]),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)


def network(boxes: Sequence[Box], name: str) -> str:
    """Return the plot of a network, as in the reports."""
    module = TEMPLATES.get_template("network.svg.j2").make_module()
    return str(module.drawing(boxes, f"layers of {name}"))  # type: ignore[attr-defined]


def confusion(matrix: Confusion) -> str:
    """Return a confusion matrix as a table, as in the reports."""
    module = TEMPLATES.get_template("confusion.html.j2").make_module()
    return str(module.matrix(matrix))  # type: ignore[attr-defined]


def budget(share: float) -> str:
    """Return a bar with the parameters as a share of the reference, in the bounds of the budget."""
    return TEMPLATES.get_template("budget.html.j2").render(share=share)
