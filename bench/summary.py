"""What a run comes to, and prints at its end."""

from typing import TYPE_CHECKING, Any

from bench.session import Session
from reports.schema.record import Compared, Record, Trained

if TYPE_CHECKING:
    from reports.gate.finding import Finding


def show(terminal: Any, session: Session) -> None:
    """Print a row for each experiment, and what was not saved."""
    from reports.tables.equivalence import errors
    from reports.tables.overview import overview
    from reports.tables.table import text

    records = session.records.values()
    compared = [record for record in records if isinstance(record, Compared)]
    measured = [record for record in records if not isinstance(record, Compared)]
    if compared:
        terminal.section("against the float64 reference")
        terminal.write_line(text(errors(compared)))
    if measured:
        terminal.section("experiments")
        terminal.write_line(text(overview(measured)))
    said: dict[str, list[str]] = {}
    for record in measured:
        for remark in record.remarks if isinstance(record, Trained) else ():
            said.setdefault(remark, []).append(record.id)
    for remark, (first, *others) in said.items():
        more = f" and {len(others)} more" if others else ""
        terminal.write_line(f"{first}{more}: {remark}", yellow=True)
    for id, why in session.unsaved.items():
        terminal.write_line(f"NOT SAVED {id}: cannot write {why}", red=True)


def compared(baseline: tuple[Record, ...], session: Session) -> "tuple[Finding, ...]":
    """Compare what was run with the baseline's records of the same."""
    from reports.gate import compare, limits

    def cell(record: Record) -> tuple[str, ...]:
        settings = record.backend, record.settings, record.profile
        return record.architecture, record.dataset, *settings

    asked = {cell(record) for record in session.records.values()}
    base = [record for record in baseline if cell(record) in asked]
    return compare.compare(base, session.records.values(), limits.read())
