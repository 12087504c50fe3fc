"""What a report holds: the answers first, then tables and pictures by the question they answer."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from reports import pages, summary, two_sides
from reports.answers import Answers, answers
from reports.changes import Base, Changes, changes
from reports.grouping import with_versions_where_several
from reports.load import Results
from reports.pages import Page
from reports.questions import Block, Question, questions
from reports.schema.record import Compared, Failed
from reports.scope import OTHER, SYNTHETIC, Scope, scopes, table_order
from reports.study import verdicts
from reports.study.verdicts import Judged
from reports.tables import overview
from reports.tables.table import Table
from reports.tables.ways import by_way


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that the templates show."""

    answers: tuple[Answers, ...]
    board: tuple[Judged, ...]
    """The study's claims; empty where no run says anything of one."""
    claims: str
    """How many came out which way."""
    questions: tuple[Question, ...]
    pages: tuple[tuple[Scope, tuple[Page, ...]], ...]
    changes: Changes | None
    """Since the base; None where there is none."""
    failures: Table
    experiments: int
    superseded: int
    skipped: tuple[str, ...]

    @property
    def synthetic(self) -> bool:
        """Whether any number comes from generated data."""
        return any(found.scope.data == SYNTHETIC for found in self.answers)

    @property
    def other(self) -> bool:
        """Whether any number comes from files that are not the published ones."""
        return any(found.scope.data == OTHER for found in self.answers)

    def blocks(self) -> Iterator[Block]:
        """Yield every block of every question."""
        for question in self.questions:
            yield from question.blocks


def assemble(results: Results, base: Base | None = None, *, pictures: int | None = None) -> Report:
    """Group the records by what makes them comparable, and make their tables and pictures.

    ``base`` are earlier results: then both are shown, with what has changed since. With a number
    of ``pictures`` there are the answers alone, the first of them with their picture.
    """
    sides = (base.results, results) if base else (results,)
    records = two_sides.sides(*(side.records for side in sides)) if base else results.records
    folders = [folder for side in sides for folder in side.folders]
    named = with_versions_where_several(records)
    scoped = scopes(named)
    compared = [record for record in named if isinstance(record, Compared)]
    compared.sort(key=table_order)
    failed = [by_way(record) for record in named if isinstance(record, Failed)]
    judged = verdicts.judge(results.records)
    told = any(map(verdicts.told, judged))
    sections = [(scope, *section) for scope in scoped for section in scope.datasets()]
    # A failure does not say on which machine it was.
    alone = Counter((name, scope.recipe) for scope, name, _ in sections)
    comparisons = [by_way(record) for record in compared]
    return Report(
        answers=tuple(
            answers(
                f"answer{number}",
                scope,
                records,
                [f for f in failed if (f.dataset, f.recipe) == (name, scope.recipe)]
                if alone[name, scope.recipe] == 1
                else (),
                [
                    c
                    for c in comparisons
                    if (c.dataset, c.environment.machine) == (name, scope.machine)
                ],
                drawn=pictures is None or number <= pictures,
            )
            for number, (scope, name, records) in enumerate(sections, 1)
        ),
        board=judged if told else (),
        claims=summary.claims(judged) if told else "",
        questions=questions(scoped, compared, judged, folders) if pictures is None else (),
        pages=tuple((scope, pages.pages(scope.ways)) for scope in scoped)
        if pictures is None
        else (),
        changes=changes(base, results.records, drawn=pictures is None) if base else None,
        failures=overview.failures(records),
        experiments=len(records),
        superseded=sum(side.superseded for side in sides),
        skipped=tuple(line for side in sides for line in side.skipped),
    )
