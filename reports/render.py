"""A report to files: Markdown with pictures and CSV tables, and one HTML page of everything."""

from pathlib import Path

from reports.load import Results
from reports.markup import templates
from reports.report import Report, assemble
from reports.tables.table import csv_text


def render(results: Results, folder: Path) -> Path:
    """Write ``report.md`` and ``report.html`` with all that belongs to them; return the latter."""
    report = assemble(results)
    for name, content in {**texts(report), **figures(report), PAGE: page(report)}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder / PAGE


PAGE = "report.html"


def texts(report: Report) -> dict[str, str]:
    """Return the Markdown files and the CSV tables by file name."""
    shown = [("", table) for table in (report.claims, *report.equivalence) if not table.frame.empty]
    shown += [(f"{speed.slug}-", table) for speed in report.speed for table in speed.tables]
    shown += [(f"{setup.slug}-", table) for setup in report.setups for table in setup.tables]
    csv = {f"tables/{prefix}{table.name}.csv": csv_text(table) for prefix, table in shown}
    template = templates(autoescape=False).get_template("experiment.md.j2")
    experiments = {
        f"experiments/{page.anchor}.md": template.render(page=page)
        for setup in report.setups
        for page in setup.pages
    }
    return {"report.md": markdown(report), **experiments, **csv}


def figures(report: Report) -> dict[str, str]:
    """Return the pictures by file name."""
    roofs = {
        f"figures/{speed.slug}-{speed.picture.name}.svg": speed.picture.svg
        for speed in report.speed
        if speed.picture
    }
    return roofs | {
        f"figures/{setup.slug}-{picture.name}.svg": picture.svg
        for setup in report.setups
        for section in setup.datasets
        for picture in section.pictures
    }


def stale(results: Results, folder: Path) -> list[Path]:
    """Return the files of a rendered report that its records would not give.

    Texts are compared byte by byte. Pictures must be there; their bytes depend on matplotlib's
    version, as those of the page do.
    """
    report = assemble(results)
    wrong = [
        folder / name
        for name, content in texts(report).items()
        if not (folder / name).is_file() or (folder / name).read_text("utf-8") != content
    ]
    return wrong + [folder / name for name in figures(report) if not (folder / name).is_file()]


def markdown(report: Report) -> str:
    """Return the report as Markdown, which refers to ``figures/``."""
    return templates(autoescape=False).get_template("report.md.j2").render(report=report)


def page(report: Report) -> str:
    """Return the report as one HTML page that loads nothing."""
    return templates(autoescape=True).get_template("report.html.j2").render(report=report)
