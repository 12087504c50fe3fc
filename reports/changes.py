"""What has changed since an earlier set of results, for a report that shows both."""

from collections.abc import Sequence
from dataclasses import dataclass

from reports.figures.changes import forest
from reports.figures.picture import Picture
from reports.gate import text
from reports.gate.compare import compare
from reports.gate.limits import read
from reports.load import Results
from reports.schema.record import Record
from reports.tables.table import Table

KINDS = ("quality", "time")
"""Of metrics, with a picture each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """Earlier results."""

    name: str
    """Where they are from, for people."""
    results: Results


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What has changed between two sides, by the rules of the gate (docs/gate.md)."""

    base: str
    """Where the earlier results are from."""
    sentence: str
    table: Table
    pictures: tuple[Picture, ...]


def changes(base: Base, head: Sequence[Record], *, drawn: bool) -> Changes:
    """Judge every experiment of either side, with pictures if they are to be ``drawn``."""
    findings = compare(base.results.records, head, read())
    return Changes(
        base=base.name,
        sentence=f"{text.summary(findings)}.",
        table=text.table(findings, title="Every question that both sides answer"),
        pictures=tuple(filter(None, (forest(findings, kind) for kind in KINDS if drawn))),
    )
