"""Comparable records to questions, and to findings where there is nothing to ask."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reports.gate.comparable import settings_difference, settings_of
from reports.gate.finding import Finding
from reports.gate.limits import Gate
from reports.gate.question import Question
from reports.grouping import machine_of, versions_of
from reports.schema.metrics import BY_NAME
from reports.schema.record import Measured, Scored, Trained
from reports.timing import disturbed, times

Run = tuple[Mapping[str, float | None], bool]
"""Times and sizes of a run, and whether others disturbed it."""


def qualities(
    name: str, base: Sequence[Scored], head: Sequence[Scored], gate: Gate
) -> Iterator[Finding | Question]:
    """Compare test metrics by seed: of several runs the latest, of the same machine if any is."""
    latest = {record.seed: record for record in head}
    nearest = {
        record.seed: record
        for record in sorted(base, key=lambda r: _same_machine(r, latest.get(r.seed)))
    }
    before, after = ({seed: r.test for seed, r in side.items()} for side in (nearest, latest))
    divergence = next(filter(None, map(_divergence, head)), "")
    seeds = sorted(before.keys() & after.keys())
    for metric in after[head[-1].seed]:
        if metric not in gate.effects:
            continue
        pairs = [(before[seed].get(metric), after[seed].get(metric)) for seed in seeds]
        finite = [(a, b) for a, b in pairs if a is not None and b is not None]
        lost = any(a is not None and b is None for a, b in pairs)
        if lost or not finite:
            yield from _without_numbers(name, metric, pairs, lost=lost, remark=divergence)
            continue
        old, new = zip(*finite, strict=True)
        yield Question(
            experiment=name,
            metric=metric,
            before=old,
            after=new,
            resolution=resolution(metric, head[-1]),
        )


def resolution(metric: str, record: Scored) -> float:
    """Return the steps in which a test metric moves: of a share one sample, else none."""
    return 1 / record.data.test_samples if BY_NAME[metric].is_share else 0.0


def _same_machine(record: Scored, other: Scored | None) -> bool:
    return other is not None and machine_of(record) == machine_of(other)


def _divergence(record: Scored) -> str | None:
    """Return in which epoch of which seed the loss was not finite."""
    said = record.history.divergence if isinstance(record, Trained) else None
    return f"seed {record.seed} {said}" if said else None


def _without_numbers(
    name: str,
    metric: str,
    pairs: Sequence[tuple[float | None, float | None]],
    *,
    lost: bool,
    remark: str,
) -> Iterator[Finding]:
    """Judge a metric that is not finite, or has no seed in common; one that nobody has is none."""
    if lost:
        reason = "no longer a finite number" + (f": {remark}" if remark else "")
        yield Finding(experiment=name, metric=metric, verdict="regressed", reason=reason)
    elif not pairs or any(new is not None for _, new in pairs):
        reason = "not finite before" if pairs else "no seed in common"
        yield Finding(experiment=name, metric=metric, verdict="not comparable", reason=reason)


def costs(
    name: str, base: Sequence[Measured], head: Sequence[Measured], gate: Gate
) -> Iterator[Finding | Question]:
    """Compare times and sizes of runs with the same settings, one robust value a run.

    Of runs by several versions on one side, those by the versions of its latest run count.
    """
    alike = _common_settings(base, head)
    chosen = [[r for r in side if versions_of(r) == versions_of(_latest(side))] for side in alike]
    if len(chosen[0]) < len(base) or len(chosen[1]) < len(head):
        yield Finding(
            experiment=name,
            metric="epoch_seconds",
            verdict="not comparable",
            runs=(len(base) - len(chosen[0]), len(head) - len(chosen[1])),
            reason="; ".join([*_other_settings(base, head, chosen[0]), *_older(alike)]),
        )
    runs = [[(times(record), disturbed(record)) for record in side] for side in chosen]
    if not all(runs):
        return
    for metric in gate.effects:
        if BY_NAME[metric].kind == "quality":
            continue
        before, after = (_values(side, metric) for side in runs)
        if before and after:
            left_out = sum(map(len, chosen)) - len(before) - len(after)
            remark = f"{left_out} disturbed runs left out" if left_out else None
            yield Question(
                experiment=name, metric=metric, before=before, after=after, remark=remark
            )
        elif any(run[metric] for side in runs for run, _ in side):
            yield _unmeasured(name, metric, runs, (len(before), len(after)))


def _unmeasured(
    name: str, metric: str, runs: Sequence[Sequence[Run]], numbers: tuple[int, int]
) -> Finding:
    """Say why nothing is said of a time or size that a side does not have."""
    busy = all(any(run[metric] for run, _ in side) for side in runs)
    return Finding(
        experiment=name,
        metric=metric,
        verdict="disturbed" if busy else "not comparable",
        runs=numbers,
        reason="others disturbed every run of a side: nothing can be said of its times"
        if busy
        else "not measured before and after",
    )


def _common_settings(
    base: Sequence[Measured], head: Sequence[Measured]
) -> tuple[list[Measured], list[Measured]]:
    """Return the runs of each side with those settings that both have most runs with.

    Those on the machine of the latest run, where both have some of it.
    """
    both = {settings_of(r.environment) for r in base} & {settings_of(r.environment) for r in head}
    sides: list[tuple[list[Measured], list[Measured]]] = [
        (
            [r for r in base if settings_of(r.environment) == settings],
            [r for r in head if settings_of(r.environment) == settings],
        )
        for settings in sorted(both)
    ]
    machine = machine_of(_latest(head))

    def rank(side: tuple[list[Measured], list[Measured]]) -> tuple[bool, int]:
        return machine_of(side[1][0]) == machine, min(map(len, side))

    return max(sides, key=rank, default=([], []))


def _latest(side: Iterable[Measured]) -> Measured:
    return max(side, key=lambda record: record.started_at)


def _other_settings(
    base: Sequence[Measured], head: Sequence[Measured], chosen: Sequence[Measured]
) -> list[str]:
    """Return how the settings of what is left out differ from those that are compared."""
    usual = (chosen or base)[0].environment
    differences = (settings_difference(usual, r.environment) for r in (*base, *head))
    return [*dict.fromkeys(filter(None, differences))]


def _older(sides: Iterable[Sequence[Measured]]) -> list[str]:
    """Return which versions the latest run of each side has no longer."""
    told = {
        f"{name} was {version} before {now[name]}"
        for side in filter(None, sides)
        for record in side
        if (now := _latest(side).environment.packages)
        for name, version in record.environment.packages.items()
        if now.get(name, version) != version
    }
    return sorted(told)


def _values(runs: Iterable[Run], metric: str) -> tuple[float, ...]:
    """Return one value a run; a time only of runs that others did not disturb."""
    return tuple(
        value
        for run, busy in runs
        if (value := run[metric]) and not (busy and BY_NAME[metric].kind == "time")
    )
