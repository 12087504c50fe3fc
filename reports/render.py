"""A report to files: Markdown with pictures and CSV tables, and one HTML page of everything."""

import base64
import functools
import gzip
from pathlib import Path

from reports import interactive, output
from reports.answers import Answers
from reports.changes import Base
from reports.load import Results
from reports.markup import templates
from reports.report import Report, assemble
from reports.tables.table import csv_text
from reports.tables.ways import MEANINGS


def render(results: Results, folder: Path, base: Base | None = None) -> Path:
    """Write ``report.md`` and ``report.html`` with all that belongs to them; return the latter.

    ``base``: earlier results, which are shown beside these.
    """
    report = assemble(results, base)
    output.write(folder, {**texts(report), **figures(report), PAGE: page(report)})
    return folder / PAGE


def brief(results: Results, folder: Path, base: Base | None = None) -> Path:
    """Write ``brief.md``, which fits into a comment, with its pictures; return it."""
    report = assemble(results, base, pictures=BRIEF_PICTURES)
    shown = [found for found in report.answers if found.picture]
    for count in range(len(report.answers), -1, -1):
        text = (
            templates(autoescape=False)
            .get_template("brief.md.j2")
            .render(report=report, answers=report.answers[:count], shown=shown, meanings=MEANINGS)
        )
        if len(text) <= MOST_BRIEF:
            break
    pictures = {_figure(found): found.picture.svg for found in shown if found.picture}
    output.write(folder, {BRIEF: text, **pictures})
    return folder / BRIEF


def _figure(found: Answers) -> str:
    return f"figures/{found.scope.slug}-{found.picture.name}.svg" if found.picture else ""


PAGE, BRIEF = "report.html", "brief.md"
BRIEF_PICTURES = 3
MOST_BRIEF = 60_000
"""Characters: some hosts of pull requests take 65,536 in a comment."""
LIBRARY = Path(__file__).parent / "vendor" / "echarts" / "echarts.min.js"


def texts(report: Report) -> dict[str, str]:
    """Return the Markdown files and the CSV tables by file name."""
    csv = {
        f"tables/{block.slug}-{table.name}.csv": csv_text(table)
        for block in report.blocks()
        for table in block.tables
    }
    if report.changes:
        csv["tables/changes.csv"] = csv_text(report.changes.table)
    template = templates(autoescape=False).get_template("experiment.md.j2")
    experiments = {
        f"experiments/{page.anchor}.md": template.render(page=page)
        for _, pages in report.pages
        for page in pages
    }
    return {"report.md": markdown(report), **experiments, **csv}


def figures(report: Report) -> dict[str, str]:
    """Return the pictures by file name."""
    first = {_figure(found): found.picture.svg for found in report.answers if found.picture}
    changes = report.changes.pictures if report.changes else ()
    blocks = [(block.slug, picture) for block in report.blocks() for picture in block.pictures]
    return (
        first
        | {f"figures/{picture.name}.svg": picture.svg for picture in changes}
        | {f"figures/{slug}-{picture.name}.svg": picture.svg for slug, picture in blocks}
    )


def stale(results: Results, folder: Path, base: Base | None = None) -> list[Path]:
    """Return the files of a rendered report that its records would not give.

    Texts are compared byte by byte. Pictures must be there; their bytes depend on matplotlib's
    version, as those of the page do.
    """
    report = assemble(results, base)
    return output.stale(folder, {**texts(report), **figures(report)})


def markdown(report: Report) -> str:
    """Return the report as Markdown, which refers to ``figures/``."""
    template = templates(autoescape=False).get_template("report.md.j2")
    return template.render(report=report, meanings=MEANINGS)


def page(report: Report) -> str:
    """Return the report as one HTML page that loads nothing."""
    charts = {a.slug: a.chart for a in report.answers if a.chart} | {
        f"{block.slug}-{shown.picture.name}": shown.chart
        for block in report.blocks()
        for shown in block.shown
        if shown.chart
    }
    return (
        templates(autoescape=True)
        .get_template("report.html.j2")
        .render(
            report=report,
            meanings=MEANINGS,
            charts=interactive.embedded(charts) if charts else "",
            echarts=packed_library() if charts else "",
        )
    )


@functools.cache
def packed_library() -> str:
    """Return ECharts as the page carries it: gzip in base64, a quarter of its size in the page."""
    packed = gzip.compress(LIBRARY.read_bytes(), compresslevel=9, mtime=0)
    return base64.b64encode(packed).decode()
