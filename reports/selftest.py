"""Is the gate right? False alarms and power, from repeated measurements of one and the same code.

Each session is a run of the suite on unchanged code, so between two of them nothing improved and
nothing regressed: whatever the gate says to the contrary is a false alarm. A change of known size
is then put into one of them: how often the gate finds it is its power.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import pandas as pd

from reports.compare import Finding, compare
from reports.gate import Gate
from reports.record import Durations, Record
from reports.tables import Table

SLOWER = (1.1, 1.2, 1.5)
LOWER = (0.005, 0.01, 0.02)
DECIDED = ("improved", "regressed")


def pairs(sessions: Sequence[Sequence[Record]]) -> list[tuple[Sequence[Record], Sequence[Record]]]:
    """Return each session with the next one: as close in time as base and head of one job."""
    return list(pairwise(sessions))


def false_alarms(sessions: Sequence[Sequence[Record]], gate: Gate) -> Table:
    """Return per metric how many verdicts were given, and how many of them are wrong."""
    findings = [finding for base, head in pairs(sessions) for finding in compare(base, head, gate)]
    rows = [
        {
            "metric": metric,
            "cells": len(group),
            "false alarms": _count(group, DECIDED),
            "same": _count(group, ("same",)),
            "insufficient data": _count(group, ("insufficient data",)),
        }
        for metric, group in _by_metric(findings).items()
    ]
    rows.append(
        {
            "metric": "all",
            **{
                column: sum(int(str(row[column])) for row in rows)
                for column in ("cells", "false alarms", "same", "insufficient data")
            },
        }
    )
    return Table(name="false-alarms", title="False alarms", frame=pd.DataFrame(rows))


def power(sessions: Sequence[Sequence[Record]], gate: Gate) -> Table:
    """Return the share of cells in which a change of known size is found, by runs per side.

    Accuracy comes twice. *Equal numerics*: the same seeds give the same numbers but for the change.
    *Other numerics*: each side has seeds of its own, as if every rounding had changed.
    """
    most = min(len({record.seed for record in session}) for session in sessions)
    rows = []
    for runs in [n for n in (3, 5, 10) if n <= most]:
        chosen = [[r for r in session if r.seed < runs] for session in sessions]
        for factor in SLOWER:
            found = _found(pairs(chosen), "epoch_seconds", _slower(factor), gate)
            rows.append({"change": f"epochs {factor - 1:.0%} longer", "runs": runs, "found": found})
        for drop in LOWER:
            found = _found(pairs(chosen), "accuracy", _less_accurate(drop), gate)
            what = f"accuracy {drop * 100:g} points lower"
            rows.append({"change": f"{what}, equal numerics", "runs": runs, "found": found})
            if 2 * runs <= most:
                apart = [
                    (
                        [r for r in session if r.seed < runs],
                        [
                            replace(r, seed=r.seed - runs)
                            for r in session
                            if runs <= r.seed < 2 * runs
                        ],
                    )
                    for session in sessions
                ]
                found = _found(apart, "accuracy", _less_accurate(drop), gate)
                rows.append({"change": f"{what}, other numerics", "runs": runs, "found": found})
    return Table(name="power", title="Power", frame=pd.DataFrame(rows))


def _found(
    sides: Iterable[tuple[Sequence[Record], Sequence[Record]]],
    metric: str,
    change: Callable[[Record], Record],
    gate: Gate,
) -> str:
    findings = [
        finding
        for base, head in sides
        for finding in compare(base, [change(record) for record in head], gate)
        if finding.metric == metric
    ]
    if not findings:
        return "no cells"
    regressed = _count(findings, ("regressed",))
    return f"{regressed / len(findings):.0%} of {len(findings)}"


def _slower(factor: float) -> Callable[[Record], Record]:
    def change(record: Record) -> Record:
        durations = record.durations
        if durations is None:
            return record
        slow = tuple(seconds * factor for seconds in durations.epoch_seconds)
        changed: Durations = replace(durations, epoch_seconds=slow)
        return replace(record, durations=changed)

    return change


def _less_accurate(drop: float) -> Callable[[Record], Record]:
    def change(record: Record) -> Record:
        test = dict(record.test or {})
        test["accuracy"] = (test.get("accuracy") or 0.0) - drop
        return replace(record, test=test)

    return change


def _by_metric(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.metric or "whole experiment", []).append(finding)
    return dict(sorted(groups.items()))


def _count(findings: Iterable[Finding], verdicts: Sequence[str]) -> int:
    return sum(finding.verdict in verdicts for finding in findings)
