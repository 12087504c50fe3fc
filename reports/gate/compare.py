"""Two sets of records to verdicts: what improved, what regressed, and what cannot be said."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from math import inf
from typing import get_args

from reports.gate.comparable import like, recipe_difference
from reports.gate.finding import Finding, Verdict
from reports.gate.judge import costs, qualities
from reports.gate.limits import Gate
from reports.gate.question import Question
from reports.grouping import machine_of
from reports.schema.metrics import BY_NAME
from reports.schema.record import Compared, Failed, Measured, Observed, Record, Scored

GROWN = 10
"""Times as far from the reference as before: more than rounding moves what differs already."""

Cell = tuple[str, str, str, str]
"""Architecture, data set, backend with its settings, recipe."""


def compare(base: Iterable[Record], head: Iterable[Record], gate: Gate) -> tuple[Finding, ...]:
    """Judge every experiment of either side, those to look at first."""
    base, head = list(base), list(head)
    shared = {record.recipe for record in base} & {record.recipe for record in head}
    before, after = _cells(base, shared), _cells(head, shared)
    judged = [
        each
        for cell in sorted(before.keys() | after.keys())
        for each in _judge(cell, before.get(cell, []), after.get(cell, []), gate)
    ]
    order = get_args(Verdict)
    return tuple(sorted(_answered(judged, gate), key=lambda each: order.index(each.verdict)))


def _answered(judged: Sequence[Finding | Question], gate: Gate) -> Iterator[Finding]:
    """Yield the findings, the questions answered with the error of the whole comparison held."""
    halves = Counter(each.quality for each in judged if isinstance(each, Question) and each.open)
    for each in judged:
        if isinstance(each, Question):
            yield each.answer(gate, questions=halves[each.quality])
        else:
            yield each


def regressed(
    findings: Iterable[Finding], *, advisory: Iterable[str] = (), allow_missing: bool = False
) -> bool:
    """Return whether something got worse, or is no longer there.

    Kinds of metrics named ``advisory`` do not count, nor what is missing if that is allowed.
    """
    worse = {"regressed", "failed"} | (set() if allow_missing else {"missing"})
    return any(finding.verdict in worse and _counts(finding, advisory) for finding in findings)


def undecidable(findings: Iterable[Finding], *, advisory: Iterable[str] = ()) -> bool:
    """Return whether others disturbed an experiment so much that nothing can be said of it."""
    return any(f.verdict == "disturbed" and _counts(f, advisory) for f in findings)


def _counts(finding: Finding, advisory: Iterable[str]) -> bool:
    return finding.metric is None or BY_NAME[finding.metric].kind not in set(advisory)


def compared(findings: Iterable[Finding]) -> bool:
    """Return whether anything at all could be set side by side."""
    apart = ("missing", "new", "not comparable")
    return any(finding.verdict not in apart for finding in findings)


def _cells(records: Iterable[Record], shared: Container[str]) -> dict[Cell, list[Record]]:
    """Return the records by cell; recipes that only one side has may share one."""
    cells: dict[Cell, list[Record]] = {}
    for record in records:
        backend = f"{record.backend}, {record.settings}" if record.settings else record.backend
        alone = record.recipe not in shared and record.profile not in shared
        recipe = record.profile if alone else record.recipe
        cell = record.architecture, record.dataset, backend, recipe
        cells.setdefault(cell, []).append(record)
    return cells


def _judge(
    cell: Cell, base: Sequence[Record], head: Sequence[Record], gate: Gate
) -> Iterator[Finding | Question]:
    name = f"{cell[0]}-{cell[1]}-{cell[2]} ({cell[3]})"
    good_before, good_after = like(_good(base), None), like(_good(head), None)
    if failures := [record for record in head if isinstance(record, Failed)]:
        failed_before = {record.seed for record in base if isinstance(record, Failed)}
        still = {record.seed for record in failures} <= failed_before
        yield Finding(
            experiment=name,
            metric=None,
            verdict="not comparable" if still else "failed",
            runs=(len(good_before), len(good_after)),
            reason=f"{'failed before, too: ' if still else ''}{failures[0].reason}",
        )
    if not head:
        yield Finding(experiment=name, metric=None, verdict="missing", runs=(len(good_before), 0))
    elif good_after and not good_before:
        reason = "failed before" if base else None
        yield Finding(
            experiment=name,
            metric=None,
            verdict="new",
            runs=(0, len(good_after)),
            reason=reason,
        )
    if not (good_before and good_after):
        return
    good_before = like(_good(base), good_after[-1]) or good_before
    if difference := recipe_difference(good_before[-1], good_after[-1]):
        yield Finding(
            experiment=name,
            metric=None,
            verdict="not comparable",
            runs=(len(good_before), len(good_after)),
            reason=difference,
        )
        return
    sides = good_before, good_after
    equal = [[r for r in side if isinstance(r, Compared)] for side in sides]
    if all(equal):
        yield _equality(name, equal[0], equal[1])
    scored = [[r for r in side if isinstance(r, Scored)] for side in sides]
    if all(scored):
        yield from qualities(name, scored[0], scored[1], gate)
    measured = [[r for r in side if isinstance(r, Measured)] for side in sides]
    if all(measured):
        yield from costs(name, measured[0], measured[1], gate)


def _good(records: Sequence[Record]) -> list[Observed]:
    """Return the records that have something to compare."""
    return [record for record in records if isinstance(record, Observed)]


def _equality(name: str, base: Sequence[Compared], head: Sequence[Compared]) -> Finding:
    """Judge whether a backend still equals its reference, on the machines that both sides have."""
    both = set(map(machine_of, base)) & set(map(machine_of, head))
    if both:
        base, head = ([r for r in side if machine_of(r) in both] for side in (base, head))
    before, after = map(_differing, (base, head))
    new = [what for what in after if what not in before]
    grown = [what for what in after if what in before and after[what] > GROWN * before[what]]
    worse = bool(new or grown)
    told = f"differs from the float64 reference: {', '.join(after)}"
    told += f"; new: {', '.join(new)}" if new and before else ""
    told += f"; {GROWN} times as far or more: {', '.join(grown)}" if grown else ""
    return Finding(
        experiment=name,
        metric=None,
        verdict="regressed" if worse else "same" if before.keys() == after.keys() else "improved",
        runs=(len(base), len(head)),
        reason=told if after else None,
    )


def _differing(side: Sequence[Compared]) -> dict[str, float]:
    """Return what does not equal the reference, in the order of the checks, and its error."""
    found: dict[str, float] = {}
    for check in (check for record in side for check in record.checks if not check.holds):
        name = f"{check.quantity}{f' ({check.tensor})' if check.tensor else ''}"
        found[name] = max(found.get(name, 0.0), inf if check.error is None else check.error)
    return found
