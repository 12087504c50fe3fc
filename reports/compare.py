"""Two sets of records to verdicts: what improved, what regressed, and what cannot be said."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from reports import statistics
from reports.gate import Gate, Limit
from reports.metrics import BY_NAME
from reports.record import Environment, Record
from reports.statistics import Interval
from reports.timing import disturbed, times

Verdict = Literal[
    "regressed",
    "failed",
    "insufficient data",
    "not comparable",
    "missing",
    "new",
    "improved",
    "same",
]

VERSIONS = frozenset(
    {
        *("keras", "numpy", "jax", "tensorflow", "tensorflow-cpu"),
        *("openvino", "scikit-learn", "scipy"),
    }
)
FREE = VERSIONS | {"seed", "cores", "schema"}
"""Facts that may differ between comparable qualities: they are what one compares."""
SETTINGS = ("machine", "cores", "dtype_policy", "jit_compile", "steps_per_execution", "variables")
"""Of the environment: where one differs, times and sizes are not comparable."""

ROUNDING = 1e-4
"""Share of a limit by which a change may miss it: 50 of 10,000 are 0.005, but not in float32."""

Cell = tuple[str, str, str, str]
"""Architecture, data set, backend with its settings, recipe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One metric of one experiment, before and after."""

    experiment: str
    metric: str | None
    """None for a verdict on the experiment as a whole."""
    verdict: Verdict
    base: float | None = None
    """Mean of the runs for a quality, geometric mean for a time or size."""
    head: float | None = None
    runs: tuple[int, int] = (0, 0)
    """How many there are of each."""
    change: Interval | None = None
    """Difference for a quality, ratio for a time or size; None below three runs."""
    reason: str | None = None
    large: bool = False
    """Whether the change reaches the limit, sure or not."""


def compare(base: Iterable[Record], head: Iterable[Record], gate: Gate) -> tuple[Finding, ...]:
    """Judge every experiment of either side, those to look at first."""
    base, head = list(base), list(head)
    shared = {record.recipe for record in base} & {record.recipe for record in head}
    before, after = _cells(base, shared), _cells(head, shared)
    findings = [
        finding
        for cell in sorted(before.keys() | after.keys())
        for finding in _judge(cell, before.get(cell, []), after.get(cell, []), gate)
    ]
    order = list(Verdict.__args__)  # type: ignore[attr-defined]
    return tuple(sorted(findings, key=lambda finding: order.index(finding.verdict)))


def regressed(findings: Iterable[Finding], *, advisory: Iterable[str] = ()) -> bool:
    """Return whether something got worse; kinds of metrics named ``advisory`` do not count."""
    kinds = set(advisory)
    return any(
        finding.verdict in ("regressed", "failed")
        and (finding.metric is None or BY_NAME[finding.metric].kind not in kinds)
        for finding in findings
    )


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
) -> Iterator[Finding]:
    name = f"{cell[0]}-{cell[1]}-{cell[2]} ({cell[3]})"
    good_before, good_after = _like(base, None), _like(head, None)
    if failures := [record for record in head if record.status == "failed"]:
        known = {record.seed for record in base if record.status == "failed"}
        still = {record.seed for record in failures} <= known
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
    good_before = _like(base, good_after[-1]) or good_before
    if difference := _recipe_difference(good_before[-1], good_after[-1]):
        yield Finding(
            experiment=name,
            metric=None,
            verdict="not comparable",
            runs=(len(good_before), len(good_after)),
            reason=difference,
        )
        return
    if good_after[-1].checks is not None:
        yield _equality(name, good_before, good_after)
        return
    yield from _qualities(name, good_before, good_after, gate)
    yield from _costs(name, good_before, good_after, gate)


def _like(records: Sequence[Record], model: Record | None) -> list[Record]:
    """Return the successes that share recipe and machine with a record, or with the latest."""
    good = sorted((r for r in records if r.status == "ok"), key=lambda record: record.started_at)
    if not good:
        return []
    latest = good[-1]
    if model is not None:
        alike = [record for record in good if not _recipe_difference(record, model)]
        near = [record for record in alike if _machine(record) == _machine(model)]
        if not alike:
            return []
        latest = (near or alike)[-1]
    return [
        record
        for record in good
        if not _recipe_difference(record, latest) and _machine(record) == _machine(latest)
    ]


def _machine(record: Record) -> str | None:
    return record.environment.machine if record.environment else None


def _recipe_difference(base: Record, head: Record) -> str:
    before, after = base.facts or {}, head.facts or {}
    return ", ".join(
        f"{name} was {before.get(name)} and is {after.get(name)}"
        for name in sorted((before.keys() | after.keys()) - FREE)
        if before.get(name) != after.get(name)
    )


def _qualities(
    name: str, base: Sequence[Record], head: Sequence[Record], gate: Gate
) -> Iterator[Finding]:
    """Compare test metrics, paired by seed."""
    before, after = ({r.seed: r.test or {} for r in side} for side in (base, head))
    seeds = sorted(before.keys() & after.keys())
    for metric in after[head[-1].seed]:
        if metric not in gate.limits:
            continue
        pairs = [(before[seed].get(metric), after[seed].get(metric)) for seed in seeds]
        finite = [(a, b) for a, b in pairs if a is not None and b is not None]
        lost = any(a is not None and b is None for a, b in pairs)
        if lost or not finite:
            yield from _without_numbers(name, metric, pairs, lost=lost)
            continue
        old, new = zip(*finite, strict=True)
        change = statistics.paired_difference(old, new, confidence=gate.confidence)
        mean_old, mean_new = sum(old) / len(old), sum(new) / len(new)
        threshold = _threshold(gate.limits[metric], mean_old)
        verdict, reason = _verdict(
            difference=mean_new - mean_old,
            low=change.low if change else None,
            high=change.high if change else None,
            threshold=threshold,
            gross=_gross(gate, metric, mean_old, mean_new),
            better=BY_NAME[metric].better,
            identical=old == new,
        )
        yield Finding(
            experiment=name,
            metric=metric,
            verdict=verdict,
            base=mean_old,
            head=mean_new,
            runs=(len(finite), len(finite)),
            change=change,
            reason=reason,
            large=abs(mean_new - mean_old) >= threshold,
        )


def _without_numbers(
    name: str,
    metric: str,
    pairs: Sequence[tuple[float | None, float | None]],
    *,
    lost: bool,
) -> Iterator[Finding]:
    """Judge a metric that is not finite, or has no seed in common; one that nobody has is none."""
    if lost:
        reason = "no longer a finite number"
        yield Finding(experiment=name, metric=metric, verdict="regressed", reason=reason)
    elif not pairs or any(new is not None for _, new in pairs):
        reason = "not finite before" if pairs else "no seed in common"
        yield Finding(experiment=name, metric=metric, verdict="not comparable", reason=reason)


def _costs(
    name: str, base: Sequence[Record], head: Sequence[Record], gate: Gate
) -> Iterator[Finding]:
    """Compare times and sizes, one robust value a run."""
    if reason := _settings_difference(base[-1].environment, head[-1].environment):
        yield Finding(
            experiment=name,
            metric="epoch_seconds",
            verdict="not comparable",
            runs=(len(base), len(head)),
            reason=reason,
        )
        return
    found = [[(times(record), disturbed(record)) for record in side] for side in (base, head)]
    for metric in gate.limits:
        if BY_NAME[metric].kind == "quality":
            continue
        old, new = (_values(side, metric) for side in found)
        if old and new:
            busy = len(base) + len(head) - len(old) - len(new)
            yield _cost(name, metric, old, new, gate, busy=busy)
        elif any(run[metric] for side in found for run, _ in side):
            yield Finding(
                experiment=name,
                metric=metric,
                verdict="insufficient data",
                runs=(len(old), len(new)),
                reason="every run of a side was disturbed",
            )


def _equality(name: str, base: Sequence[Record], head: Sequence[Record]) -> Finding:
    """Judge whether a backend still equals its reference."""
    before, after = (
        all(check.holds for record in side for check in record.checks or ())
        for side in (base, head)
    )
    return Finding(
        experiment=name,
        metric=None,
        verdict="same" if before == after else "improved" if after else "regressed",
        runs=(len(base), len(head)),
        reason=None if after else "differs from the float64 reference",
    )


def _values(runs: Iterable[tuple[Mapping[str, float | None], bool]], metric: str) -> list[float]:
    """Return one value a run; a time only of runs that others did not disturb."""
    return [
        value
        for run, busy in runs
        if (value := run[metric]) and not (busy and BY_NAME[metric].kind == "time")
    ]


def _cost(
    name: str, metric: str, old: Sequence[float], new: Sequence[float], gate: Gate, *, busy: int
) -> Finding:
    change = statistics.ratio(old, new, confidence=gate.confidence)
    typical_old, typical_new = statistics.geometric_mean(old), statistics.geometric_mean(new)
    threshold = _threshold(gate.limits[metric], typical_old)
    verdict, reason = _verdict(
        difference=typical_new - typical_old,
        low=(change.low - 1) * typical_old if change else None,
        high=(change.high - 1) * typical_old if change else None,
        threshold=threshold,
        gross=_gross(gate, metric, typical_old, typical_new),
        better=BY_NAME[metric].better,
        identical=False,
    )
    if busy:
        reason = "; ".join(filter(None, [reason, f"{busy} disturbed runs left out"]))
    return Finding(
        experiment=name,
        metric=metric,
        verdict=verdict,
        base=typical_old,
        head=typical_new,
        runs=(len(old), len(new)),
        change=change,
        reason=reason,
        large=abs(typical_new - typical_old) >= threshold,
    )


def _threshold(limit: Limit, base: float) -> float:
    """Return the smallest change that reaches both limits, in the metric's unit."""
    return max(limit.absolute, limit.relative * abs(base))


def _gross(gate: Gate, metric: str, base: float, head: float) -> float:
    """Return the smallest change that is believed without repetition.

    Judged by the smaller value: to three times as much and to a third of it are the same.
    """
    return gate.gross * _threshold(gate.limits[metric], min(abs(base), abs(head)))


def _settings_difference(base: Environment | None, head: Environment | None) -> str:
    return ", ".join(
        f"{name} was {_text(before)} and is {_text(after)}"
        for name in SETTINGS
        if (before := getattr(base, name, None)) != (after := getattr(head, name, None))
    )


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{key}={item}" for key, item in value.items()) or "none"
    return str(value)


def _verdict(
    *,
    difference: float,
    low: float | None,
    high: float | None,
    threshold: float,
    gross: float,
    better: str,
    identical: bool,
) -> tuple[Verdict, str | None]:
    """Return the verdict on a change in the metric's unit, and what there is to say of it."""
    threshold *= 1 - ROUNDING
    towards: Verdict = "improved" if (difference > 0) == (better == "higher") else "regressed"
    if identical:
        return "same", "identical"
    if low is None or high is None:
        if abs(difference) >= gross * (1 - ROUNDING):
            return towards, "gross: needs no repetition to be believed"
        return "insufficient data", f"fewer than {statistics.FEWEST} runs of each"
    if -threshold < low and high < threshold:
        return "same", None
    if (low > 0 or high < 0) and abs(difference) >= threshold:
        return towards, None
    return "insufficient data", "the interval holds both no change and one that matters"
