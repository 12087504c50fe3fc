"""Metrics of comparable records to findings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reports import statistics
from reports.gate.comparable import settings_difference
from reports.gate.finding import Finding, Verdict
from reports.gate.limits import Gate, Limit
from reports.schema.metrics import BY_NAME
from reports.schema.record import Measured, Scored
from reports.timing import disturbed, times

ROUNDING = 1e-4
"""Share of a limit by which a change may miss it: 50 of 10,000 are 0.005, but not in float32."""


def qualities(
    name: str, base: Sequence[Scored], head: Sequence[Scored], gate: Gate
) -> Iterator[Finding]:
    """Compare test metrics, paired by seed."""
    before, after = ({r.seed: r.test for r in side} for side in (base, head))
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


def costs(
    name: str, base: Sequence[Measured], head: Sequence[Measured], gate: Gate
) -> Iterator[Finding]:
    """Compare times and sizes, one robust value a run."""
    if reason := settings_difference(base[-1].environment, head[-1].environment):
        yield Finding(
            experiment=name,
            metric="epoch_seconds",
            verdict="not comparable",
            runs=(len(base), len(head)),
            reason=reason,
        )
        return
    sides = [[(times(record), disturbed(record)) for record in side] for side in (base, head)]
    for metric in gate.limits:
        if BY_NAME[metric].kind == "quality":
            continue
        old, new = (_values(side, metric) for side in sides)
        if old and new:
            busy = len(base) + len(head) - len(old) - len(new)
            yield _cost(name, metric, old, new, gate, busy=busy)
        elif any(run[metric] for side in sides for run, _ in side):
            yield Finding(
                experiment=name,
                metric=metric,
                verdict="insufficient data",
                runs=(len(old), len(new)),
                reason="every run of a side was disturbed",
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
