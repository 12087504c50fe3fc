"""The first screen: of each data set one figure, one matrix, and a sentence for each question."""

from collections.abc import Sequence
from dataclasses import dataclass

from reports import interactive, summary, two_sides
from reports.figures import tradeoff
from reports.figures.picture import Picture
from reports.interactive import Chart
from reports.schema.record import Compared, Failed, Measured
from reports.scope import Scope
from reports.tables.ways import Matrix, matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the runs of one data set come to: one recipe, machine and kind of data, every way."""

    slug: str
    """Its place in a page."""
    scope: Scope
    dataset: str
    sentences: tuple[tuple[str, str], ...]
    """Question and answer."""
    picture: Picture | None
    chart: Chart | None
    matrix: Matrix


def answers(
    slug: str,
    scope: Scope,
    records: Sequence[Measured],
    failed: Sequence[Failed],
    compared: Sequence[Compared],
    *,
    drawn: bool,
) -> Answers:
    """Answer for the records of one data set, with a picture if it is to be ``drawn``.

    ``failed`` are those of the same recipe and data set, ``compared`` comparisons on the same data
    set and machine. All are named by their way (`reports.tables.ways.by_way`).
    """
    found = matrix(records, failed, compared)
    now = [record for record in records if two_sides.BASE not in record.backend] or records
    longest = max(record.epochs for record in now)
    whole = [record for record in now if record.epochs in (0, longest)]
    said = (
        ("Best", summary.best(whole)),
        ("Fastest epoch", summary.fastest(whole)),
        ("Equal?", summary.equal(found)),
        ("Failed", summary.failures(failed)),
    )
    return Answers(
        slug=slug,
        scope=scope,
        dataset=records[0].dataset,
        sentences=tuple((question, answer) for question, answer in said if answer),
        picture=tradeoff.picture(records, scope.looks) if drawn else None,
        chart=interactive.tradeoff(records, scope.looks) if drawn else None,
        matrix=found,
    )
