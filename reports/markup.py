"""The templates of reports and comparisons, and what escapes their texts."""

import base64
import re
from pathlib import Path

import jinja2


def templates(*, autoescape: bool) -> jinja2.Environment:
    """Return the templates, set up for Markdown or, escaped, for HTML."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["cell"] = _markdown_cell
    environment.filters["data_url"] = _data_url
    return environment


def _markdown_cell(value: str) -> str:
    """Escape what would end the cell, start markup or become HTML."""
    flat = " ".join(value.split())
    return re.sub(r"([\\|`*_<>\[\]])", r"\\\1", flat)


def _data_url(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
