"""What a report holds: records grouped by what makes them comparable, with tables and pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reports import pages, summary
from reports.figures import roofline as figures_roofline
from reports.figures import tradeoff
from reports.figures.curves import learning
from reports.figures.matrices import confusion
from reports.figures.picture import Picture
from reports.figures.thresholds import thresholds
from reports.grouping import with_versions_where_several
from reports.load import Results
from reports.pages import Page
from reports.schema import predictions
from reports.schema.record import Compared, Measured, Scored
from reports.study import comparison, verdicts
from reports.tables import (
    budget,
    environments,
    equivalence,
    front,
    overview,
    quality,
    ranking,
    roofline,
    settings,
    timing,
)
from reports.tables.table import Table

KINDS_OF_DATA = (REAL, OTHER, SYNTHETIC) = (
    "real data",
    "data OTHER than the published",
    "SYNTHETIC data",
)
"""As `reports.schema.record.Data.kind` has them, in the order of the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetSection:
    """The pictures of one data set."""

    dataset: str
    train_samples: int
    test_samples: int
    checksum: str
    pictures: tuple[Picture, ...]
    remarks: tuple[str, ...]
    """What they do not show, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Experiments whose numbers may stand in one table.

    They have in common recipe, machine, kind of data, execution and precision.
    """

    slug: str
    recipe: str
    machine: str
    settings: str
    data: str
    """Of what kind (`reports.schema.record.Data.kind`)."""
    sentences: tuple[str, ...]
    tables: tuple[Table, ...]
    datasets: tuple[DatasetSection, ...]
    pages: tuple[Page, ...]

    @property
    def title(self) -> str:
        """Heading of the section."""
        settings = f", {self.settings}" if self.settings else ""
        return f"Profile {self.recipe}, {self.data}, {self.machine}{settings}"

    @property
    def mark(self) -> str:
        """What has to stand beside the data set's name; empty for what is published."""
        return "" if self.data == REAL else f" ({self.data})"


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
        return any(setup.data == SYNTHETIC for setup in self.setups)

    @property
    def other(self) -> bool:
        """Whether any number comes from files that are not the published ones."""
        return any(setup.data == OTHER for setup in self.setups)


def assemble(results: Results) -> Report:
    """Group the records by what makes them comparable, and make their tables and pictures."""
    named = with_versions_where_several(results.records)
    by_setup: dict[tuple[str, int, str, str], list[Measured]] = {}
    for record in named:
        if isinstance(record, Measured):
            key = (
                *(record.recipe, KINDS_OF_DATA.index(record.data.kind)),
                *(record.environment.machine, record.settings),
            )
            by_setup.setdefault(key, []).append(record)
    setups = [
        _setup(f"setup{number}", key, by_setup[key], results.folders)
        for number, key in enumerate(sorted(by_setup), 1)
    ]
    machines: dict[tuple[str, int, str], list[Measured]] = {}
    for (recipe, data, machine, _), records in by_setup.items():
        machines.setdefault((recipe, data, machine), []).extend(records)
    compared = [record for record in named if isinstance(record, Compared)]
    compared.sort(key=_table_order)
    judged = verdicts.judge(results.records)
    return Report(
        setups=tuple(setups),
        speed=tuple(
            _speed(f"speed{number}", key, sorted(machines[key], key=_table_order))
            for number, key in enumerate(sorted(machines), 1)
        ),
        equivalence=(equivalence.matrix(compared), equivalence.errors(compared))
        if compared
        else (),
        claims=verdicts.table(judged),
        claims_sentence=summary.claims(judged),
        failures=overview.failures(results.records),
        experiments=len(results.records),
        superseded=results.superseded,
        skipped=results.skipped,
    )


def _setup(
    slug: str, key: tuple[str, int, str, str], records: Sequence[Measured], folders: Sequence[Path]
) -> Setup:
    recipe, data, where, settings = key
    records = sorted(records, key=_table_order)
    names = list(dict.fromkeys(record.dataset for record in records))
    return Setup(
        slug=slug,
        recipe=recipe,
        machine=where,
        settings=settings,
        data=KINDS_OF_DATA[data],
        sentences=summary.sentences(records),
        tables=tuple(table for table in _tables(records) if not table.frame.empty),
        datasets=tuple(
            _section([record for record in records if record.dataset == name], folders)
            for name in names
        ),
        pages=pages.pages(records),
    )


def _speed(slug: str, key: tuple[str, int, str], records: Sequence[Measured]) -> Speed:
    recipe, data, machine = key
    tables = (settings.settings(records), roofline.shares(records))
    return Speed(
        slug=slug,
        title=f"Profile {recipe}, {KINDS_OF_DATA[data]}, {machine}",
        tables=tuple(table for table in tables if not table.frame.empty),
        picture=figures_roofline.picture(records),
    )


def _tables(records: Sequence[Measured]) -> tuple[Table, ...]:
    """Return the tables of a setup; synthetic and other data say nothing of the study's."""
    of_the_study = (
        comparison.original(records),
        comparison.suited(records),
        comparison.width(records),
    )
    return (
        quality.quality(records),
        *(of_the_study if records[0].data.published else ()),
        ranking.ranking(records),
        equivalence.quality(records),
        timing.timing(records),
        timing.time_to_accuracy(records),
        front.front(records),
        budget.budget(records),
        environments.environments(records),
    )


def _section(records: Sequence[Measured], folders: Sequence[Path]) -> DatasetSection:
    data = records[0].data
    kept = {
        record.id: found
        for record in records
        if len(data.classes) == 2
        and isinstance(record, Scored)
        and (found := predictions.find(record, folders))
    }
    pictures = (
        learning(records),
        learning(records, by_time=True),
        tradeoff.picture(records),
        thresholds(records, kept),
        confusion(records),
    )
    return DatasetSection(
        dataset=records[0].dataset,
        train_samples=data.train_samples,
        test_samples=data.test_samples,
        checksum=data.checksum,
        pictures=tuple(picture for picture in pictures if picture),
        remarks=tuple(
            f"No threshold curve of {record.id}: {reason}."
            for record in records
            if record.id in kept and (reason := kept[record.id].no_curve)
        ),
    )


MODALITIES = ("tabular", "image", "sequential")
KINDS = ("mlp", "cnn", "rnn", "baseline")
"""In the order of the study; others, which a later version may have, come after them."""


def _table_order(record: Measured | Compared) -> tuple[object, ...]:
    return (
        *_place(MODALITIES, record.modality),
        *_place(KINDS, record.kind),
        record.architecture,
        record.backend,
        record.seed,
    )


def _place(order: Sequence[str], name: str) -> tuple[int, str]:
    """Return what sorts a name by an order, and unknown ones by their letters behind it."""
    return (order.index(name), name) if name in order else (len(order), name)
