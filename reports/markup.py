"""The templates of reports and comparisons, and what escapes their texts."""

import base64
import re
from pathlib import Path

import jinja2

from reports.schema.text import plain


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
    environment.filters["cell"] = _markdown_text
    environment.filters["head"] = _markdown_head
    environment.filters["code"] = _markdown_code
    environment.filters["data_url"] = _data_url
    return environment


def _markdown_text(value: str) -> str:
    """Escape what would end a cell or line, start markup, a formula or a link, or become HTML."""
    escaped = re.sub(r"([\\|`*_~$&<>\[\]])", r"\\\1", plain(value))
    return re.sub(r":(?=//)|(?<=\bwww)\.", r"\\\g<0>", " ".join(escaped.split()))


def _markdown_head(value: str) -> str:
    """Escape the head of a column, its unit in brackets apart: they make a link of nothing."""
    return re.sub(r"\\\[([\w/]+)\\\]", r"[\1]", _markdown_text(value))


def _markdown_code(value: str) -> str:
    """Return a text as code, in which nothing is markup but its end."""
    return f"`{plain(value).replace('`', '')}`"


def _data_url(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
