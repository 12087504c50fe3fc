"""Records to a report: Markdown with pictures and CSV tables, and one HTML file of everything."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from reports import curves, tables
from reports.curves import Picture
from reports.load import Results
from reports.record import Record
from reports.tables import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetSection:
    """The pictures of one data set."""

    dataset: str
    train_samples: int
    test_samples: int
    checksum: str
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Experiments whose numbers may stand in one table: one profile, machine and kind of data."""

    slug: str
    profile: str
    machine: str
    synthetic: bool
    tables: tuple[Table, ...]
    datasets: tuple[DatasetSection, ...]

    @property
    def title(self) -> str:
        """Heading of the section."""
        data = "SYNTHETIC data" if self.synthetic else "real data"
        return f"Profile {self.profile}, {data}, {self.machine}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that the templates show."""

    setups: tuple[Setup, ...]
    failures: Table
    experiments: int
    superseded: int
    skipped: tuple[str, ...]

    @property
    def synthetic(self) -> bool:
        """Whether any number comes from generated data."""
        return any(setup.synthetic for setup in self.setups)


def assemble(results: Results) -> Report:
    """Group the records by what makes them comparable, and make their tables and pictures."""
    groups: dict[tuple[str, bool, str], list[Record]] = {}
    for record in results.records:
        if record.status == "ok" and record.data and record.environment:
            key = (record.profile, record.data.synthetic, record.environment.machine)
            groups.setdefault(key, []).append(record)
    setups = [
        _setup(f"setup{number}", key, groups[key]) for number, key in enumerate(sorted(groups), 1)
    ]
    return Report(
        setups=tuple(setups),
        failures=tables.failures(results.records),
        experiments=len(results.records),
        superseded=results.superseded,
        skipped=results.skipped,
    )


def render(results: Results, folder: Path) -> Path:
    """Write ``report.md``, ``report.html``, ``tables`` ``figures``; return the HTML path."""
    report = assemble(results)
    for name, content in {**texts(report), **figures(report), PAGE: page(report)}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder / PAGE


PAGE = "report.html"


def texts(report: Report) -> dict[str, str]:
    """Return the Markdown and the CSV tables by file name."""
    tables = {
        f"tables/{setup.slug}-{table.name}.csv": table.frame.to_csv(index=False)
        for setup in report.setups
        for table in setup.tables
    }
    return {"report.md": markdown(report), **tables}


def figures(report: Report) -> dict[str, str]:
    """Return the pictures by file name."""
    return {
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
    return environment(autoescape=False).get_template("report.md.j2").render(report=report)


def page(report: Report) -> str:
    """Return the report as one HTML page that loads nothing."""
    return environment(autoescape=True).get_template("report.html.j2").render(report=report)


def _setup(slug: str, key: tuple[str, bool, str], records: Sequence[Record]) -> Setup:
    profile, synthetic, where = key
    records = sorted(records, key=_table_order)
    names = list(dict.fromkeys(record.dataset for record in records))
    return Setup(
        slug=slug,
        profile=profile,
        machine=where,
        synthetic=synthetic,
        tables=(
            tables.quality(records),
            tables.timing(records),
            tables.budget(records),
            tables.environments(records),
        ),
        datasets=tuple(
            _section([record for record in records if record.dataset == name]) for name in names
        ),
    )


def _section(records: Sequence[Record]) -> DatasetSection:
    data = records[0].data
    assert data
    return DatasetSection(
        dataset=records[0].dataset,
        train_samples=data.train_samples,
        test_samples=data.test_samples,
        checksum=data.checksum,
        pictures=(curves.learning(records), curves.confusion(records)),
    )


MODALITIES = ("tabular", "image", "sequential")
KINDS = ("mlp", "cnn", "rnn")


def _table_order(record: Record) -> tuple[object, ...]:
    return (
        MODALITIES.index(record.modality),
        KINDS.index(record.kind),
        record.architecture,
        record.backend,
        record.seed,
    )


def environment(*, autoescape: bool) -> jinja2.Environment:
    """Return the templates, set up for Markdown or, escaped, for HTML."""
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    templates.filters["cell"] = _markdown_cell
    templates.filters["data_url"] = _data_url
    return templates


def _markdown_cell(value: str) -> str:
    """Escape what would end the cell, start markup or become HTML."""
    flat = " ".join(value.split())
    return re.sub(r"([\\|`*_<>\[\]])", r"\\\1", flat)


def _data_url(picture: Picture) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(picture.svg.encode()).decode()
