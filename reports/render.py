"""Records to a report: Markdown with pictures and CSV tables, and one HTML file of everything."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from reports import (
    curves,
    equivalence,
    judging,
    matrices,
    pages,
    predictions,
    ranking,
    roofline,
    settings,
    study,
    summary,
    tables,
    tradeoff,
)
from reports.load import Results
from reports.pages import Page
from reports.picture import Picture
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
    """Experiments whose numbers may stand in one table.

    They have in common recipe, machine, kind of data, execution and precision.
    """

    slug: str
    recipe: str
    machine: str
    settings: str
    synthetic: bool
    sentences: tuple[str, ...]
    tables: tuple[Table, ...]
    datasets: tuple[DatasetSection, ...]
    pages: tuple[Page, ...]

    @property
    def title(self) -> str:
        """Heading of the section."""
        data = "SYNTHETIC data" if self.synthetic else "real data"
        settings = f", {self.settings}" if self.settings else ""
        return f"Profile {self.recipe}, {data}, {self.machine}{settings}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """All backends and settings of one recipe, machine and kind of data, side by side."""

    slug: str
    title: str
    tables: tuple[Table, ...]
    picture: Picture | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that the templates show."""

    setups: tuple[Setup, ...]
    speed: tuple[Speed, ...]
    equivalence: tuple[Table, ...]
    """How far each backend is from the float64 reference."""
    claims: Table
    claims_sentence: str
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
    groups: dict[tuple[str, bool, str, str], list[Record]] = {}
    for record in results.records:
        if record.status == "ok" and record.data and record.environment and record.durations:
            key = (
                *(record.recipe, record.data.synthetic),
                *(record.environment.machine, record.settings),
            )
            groups.setdefault(key, []).append(record)
    setups = [
        _setup(f"setup{number}", key, groups[key], results.folders)
        for number, key in enumerate(sorted(groups), 1)
    ]
    machines: dict[tuple[str, bool, str], list[Record]] = {}
    for (recipe, synthetic, machine, _), records in groups.items():
        machines.setdefault((recipe, synthetic, machine), []).extend(records)
    checked = sorted(
        (record for record in results.records if record.checks is not None), key=_table_order
    )
    judged = judging.judge(results.records)
    return Report(
        setups=tuple(setups),
        speed=tuple(
            _speed(f"speed{number}", key, sorted(machines[key], key=_table_order))
            for number, key in enumerate(sorted(machines), 1)
        ),
        equivalence=(equivalence.matrix(checked), equivalence.errors(checked)) if checked else (),
        claims=judging.table(judged),
        claims_sentence=summary.claims(judged),
        failures=tables.failures(results.records),
        experiments=len(results.records),
        superseded=results.superseded,
        skipped=results.skipped,
    )


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
    tables = {
        f"tables/{prefix}{table.name}.csv": table.frame.to_csv(index=False)
        for prefix, table in shown
    }
    template = environment(autoescape=False).get_template("experiment.md.j2")
    experiments = {
        f"experiments/{page.anchor}.md": template.render(page=page)
        for setup in report.setups
        for page in setup.pages
    }
    return {"report.md": markdown(report), **experiments, **tables}


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
    return environment(autoescape=False).get_template("report.md.j2").render(report=report)


def page(report: Report) -> str:
    """Return the report as one HTML page that loads nothing."""
    return environment(autoescape=True).get_template("report.html.j2").render(report=report)


def _setup(
    slug: str, key: tuple[str, bool, str, str], records: Sequence[Record], folders: Sequence[Path]
) -> Setup:
    recipe, synthetic, where, settings = key
    records = sorted(records, key=_table_order)
    names = list(dict.fromkeys(record.dataset for record in records))
    return Setup(
        slug=slug,
        recipe=recipe,
        machine=where,
        settings=settings,
        synthetic=synthetic,
        sentences=summary.sentences(records),
        tables=tuple(table for table in _tables(records, synthetic) if not table.frame.empty),
        datasets=tuple(
            _section([record for record in records if record.dataset == name], folders)
            for name in names
        ),
        pages=pages.pages(records),
    )


def _speed(slug: str, key: tuple[str, bool, str], records: Sequence[Record]) -> Speed:
    recipe, synthetic, machine = key
    found = (settings.settings(records), roofline.shares(records))
    return Speed(
        slug=slug,
        title=f"Profile {recipe}, {'SYNTHETIC' if synthetic else 'real'} data, {machine}",
        tables=tuple(table for table in found if not table.frame.empty),
        picture=roofline.picture(records),
    )


def _tables(records: Sequence[Record], synthetic: bool) -> tuple[Table, ...]:
    """Return the tables of a setup; generated data say nothing of the study's."""
    return (
        tables.quality(records),
        *(() if synthetic else (study.original(records), study.suited(records))),
        *(() if synthetic else (study.width(records),)),
        ranking.ranking(records),
        equivalence.quality(records),
        tables.timing(records),
        tables.time_to_accuracy(records),
        tradeoff.front(records),
        tables.budget(records),
        tables.environments(records),
    )


def _section(records: Sequence[Record], folders: Sequence[Path]) -> DatasetSection:
    data = records[0].data
    assert data
    kept = {
        record.id: found
        for record in records
        if len(data.classes) == 2 and (found := predictions.find(record, folders))
    }
    pictures = (
        curves.learning(records),
        curves.learning(records, by_time=True),
        tradeoff.picture(records),
        curves.thresholds(records, kept),
        matrices.confusion(records),
    )
    return DatasetSection(
        dataset=records[0].dataset,
        train_samples=data.train_samples,
        test_samples=data.test_samples,
        checksum=data.checksum,
        pictures=tuple(picture for picture in pictures if picture),
    )


MODALITIES = ("tabular", "image", "sequential")
KINDS = ("mlp", "cnn", "rnn", "baseline")


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
