"""The templates of reports and comparisons, and what escapes their texts."""

import re
from pathlib import Path
from urllib.parse import quote

import jinja2
from markupsafe import Markup

from reports.schema.text import plain

TEMPLATES = Path(__file__).parent / "templates"


def templates(*, autoescape: bool) -> jinja2.Environment:
    """Return the templates, set up for Markdown or, escaped, for HTML."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["cell"] = _markdown_text
    environment.filters["head"] = _markdown_head
    environment.filters["data_url"] = _data_url
    environment.filters["source"] = _source
    return environment


def _markdown_text(value: str) -> str:
    """Escape what would end a cell or line, start markup, a formula or a link, or become HTML."""
    escaped = re.sub(r"([\\|`*_~$&<>\[\]])", r"\\\1", plain(value))
    return re.sub(r":(?=//)|(?<=\bwww)\.", r"\\\g<0>", " ".join(escaped.split()))


def _markdown_head(value: str) -> str:
    """Escape the head of a column, its unit in brackets apart: they make a link of nothing."""
    return re.sub(r"\\\[(s|ms|MB|samples/s)\\\]", r"[\1]", _markdown_text(value))


def _data_url(svg: str) -> str:
    """Return a picture as an address; texts of records are in it with what is markup escaped."""
    drawing = svg[svg.index("<svg") :]
    return "data:image/svg+xml," + quote(drawing, safe=" !$()*+,-./:;<=>?@[]^_`{|}~'")


def _source(name: str) -> Markup:
    """Return a style sheet or a script that is ours, as it is."""
    return Markup((TEMPLATES / name).read_text("utf-8"))
