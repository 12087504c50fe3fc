"""Is the gate right? False alarms and power, from repeated measurements of one and the same code.

Each session is a run of the suite on unchanged code, so between two of them nothing improved and
nothing regressed: whatever the gate says to the contrary is a false alarm. A change of known size
is then put into one of them: how often the gate finds it is its power. No session is used twice
for one number, and intervals are those of C. J. Clopper and E. S. Pearson (1934).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import chain, permutations

import numpy as np
import pandas as pd
from msgspec import structs
from scipy import stats

from reports import statistics
from reports.gate.compare import compare
from reports.gate.finding import Finding
from reports.gate.limits import Gate
from reports.schema.metrics import BY_NAME
from reports.schema.record import Record, Scored, Trained
from reports.tables.table import Table

SLOWER = (1.1, 1.2, 1.5)
LOWER = (0.005, 0.01, 0.02)
DECIDED = ("improved", "regressed")

Sessions = Sequence[Sequence[Record]]


Sides = tuple[Sequence[Record], Sequence[Record]]


def pairs(sessions: Sessions) -> list[Sides]:
    """Return each first and second session: as close in time as base and head of one job."""
    return list(zip(sessions[::2], sessions[1::2], strict=False))


def interleaved(sessions: Sessions, count: int) -> list[Sides]:
    """Return sides of so many sessions each, taken in turns, so that both see the same hours."""
    blocks = [
        sessions[i : i + 2 * count] for i in range(0, len(sessions) - 2 * count + 1, 2 * count)
    ]
    return [(list(chain(*block[::2])), list(chain(*block[1::2]))) for block in blocks]


def reseeded(session: Sequence[Record], runs: int) -> list[Sides]:
    """Return sides of so many runs each with seeds of their own, as if all rounding had changed.

    Each is base and head of several, so that what they say is not independent.
    """
    blocks: dict[int, list[Record]] = {}
    for record in session:
        block = record.seed // runs
        blocks.setdefault(block, []).append(
            structs.replace(record, seed=record.seed - block * runs)
        )
    whole = [block for block in blocks.values() if len({r.seed for r in block}) == runs]
    return list(permutations(whole, 2))


def verdicts(sessions: Sessions, gate: Gate) -> Table:
    """Return per metric how often each verdict was given; *changed* is wrong."""
    findings = [finding for base, head in pairs(sessions) for finding in compare(base, head, gate)]
    rows = [
        {
            "metric": metric,
            "cells": len(group),
            "changed": _count(group, DECIDED),
            "same": _count(group, ("same",)),
            "insufficient data": _count(group, ("insufficient data",)),
            "disturbed": _count(group, ("disturbed",)),
        }
        for metric, group in _by_metric(findings).items()
    ]
    return Table(name="verdicts", title="Verdicts on unchanged code", frame=pd.DataFrame(rows))


def alarms(sessions: Sessions, gate: Gate) -> Table:
    """Return how many whole comparisons of unchanged code call anything changed, by kind.

    Qualities that are equal to the last bit cannot alarm, and are not counted as if they could.
    """
    findings = [compare(base, head, gate) for base, head in pairs(sessions)]
    rows = []
    for kinds in (("quality",), ("time",), ("size",), ("quality", "time", "size")):
        of_kind = [[each for each in found if _can_alarm(each, kinds)] for found in findings]
        able = [group for group in of_kind if group]
        count = sum(_count(group, DECIDED) > 0 for group in able)
        rows.append(
            {
                "kind": " or ".join(kinds),
                "comparisons": len(able),
                "with an alarm": count,
                "95 %": _share(count, len(able)),
            }
        )
    return Table(name="alarms", title="Whole comparisons of unchanged code", frame=_frame(rows))


def too_many(sessions: Sessions, gate: Gate) -> bool:
    """Return whether the alarms are surely more than the gate's error allows."""
    frame = alarms(sessions, gate).frame
    if frame.empty:
        return False  # nothing was there to alarm of
    last = frame.iloc[-1]
    count, number = int(last["with an alarm"]), int(last["comparisons"])
    return bool(number and stats.binomtest(count, number, gate.error, "greater").pvalue < 0.025)


def _can_alarm(finding: Finding, kinds: Sequence[str]) -> bool:
    if finding.metric is None or BY_NAME[finding.metric].kind not in kinds:
        return False
    return finding.reason != "identical" and finding.verdict != "not comparable"


def _share(count: int, number: int) -> str | None:
    if not number:
        return None
    interval = statistics.share_interval(count, number)
    return f"{interval.low:.0%} to {interval.high:.0%}"


def _frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    return pd.DataFrame([row for row in rows if row["comparisons"]])


def power(sessions: Sessions, gate: Gate) -> Table:
    """Return the share of cells in which a change of known size is found, by runs per side.

    Times: sessions taken in turns. Accuracy comes twice. *Equal numerics*: the same seeds give the
    same numbers but for the change. *Other numerics*: each side has seeds of its own, from the
    session that has most. No change at all should never be found.
    """
    seeds = [len({record.seed for record in session}) for session in sessions]
    many = sessions[seeds.index(max(seeds))]
    rows = []
    for count in (1, 2, 3, 5):
        for factor in (1.0, *SLOWER):
            change = f"epochs {factor - 1:.0%} longer" if factor > 1 else "epochs as they were"
            shares = _found(
                interleaved(sessions, count),
                "epoch_seconds",
                _slower(factor),
                gate,
                unchanged=factor == 1,
            )
            rows.append({"change": change, "runs": count * min(seeds), **shares})
    for drop in LOWER:
        shares = _found(
            pairs(sessions), "accuracy", _less_accurate(drop), gate, unchanged=drop == 0
        )
        what = f"accuracy {drop * 100:g} points lower, equal numerics"
        rows.append({"change": what, "runs": min(seeds), **shares})
    for runs in (3, 5, 10):
        for drop in (0.0, *LOWER):
            what = f"accuracy {drop * 100:g} points lower, other numerics"
            shares = _found(
                reseeded(many, runs), "accuracy", _less_accurate(drop), gate, unchanged=drop == 0
            )
            rows.append({"change": what, "runs": runs, **shares})
    frame = pd.DataFrame([row for row in rows if row["cells"]])
    return Table(name="power", title="Power", frame=frame)


def _found(
    sides: Iterable[tuple[Sequence[Record], Sequence[Record]]],
    metric: str,
    change: Callable[[Record], Record],
    gate: Gate,
    *,
    unchanged: bool,
) -> dict[str, object]:
    """Return how often a worsening is called so; of no change at all, how often anything is."""
    findings = [
        finding
        for base, head in sides
        for finding in compare(base, [change(record) for record in head], gate)
        if finding.metric == metric
    ]
    count = _count(findings, DECIDED if unchanged else ("regressed",))
    return {
        "found": f"{count / len(findings):.0%}" if findings else None,
        "95 %": _share(count, len(findings)),
        "cells": len(findings),
    }


def _slower(factor: float) -> Callable[[Record], Record]:
    def change(record: Record) -> Record:
        if not isinstance(record, Trained):
            return record
        slow = tuple(seconds * factor for seconds in record.durations.epoch_seconds)
        return structs.replace(record, durations=replace(record.durations, epoch_seconds=slow))

    return change


def _less_accurate(drop: float) -> Callable[[Record], Record]:
    def change(record: Record) -> Record:
        if not isinstance(record, Scored) or record.test.get("accuracy") is None:
            return record
        # Keras' metrics are float32, and so is what a real drop leaves.
        accuracy = float(np.float32((record.test.get("accuracy") or 0.0) - drop))
        return structs.replace(record, test={**record.test, "accuracy": accuracy})

    return change


def _by_metric(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.metric and finding.verdict != "not comparable":
            groups.setdefault(finding.metric, []).append(finding)
    return dict(sorted(groups.items()))


def _count(findings: Iterable[Finding], verdicts: Sequence[str]) -> int:
    return sum(finding.verdict in verdicts for finding in findings)
