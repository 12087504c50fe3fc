"""Two sides in one table: what was before beside what is now, and by how much they differ."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from msgspec import structs

from reports import statistics
from reports.gate.comparable import recipe_difference, settings_of
from reports.schema.record import Header, Observed, Record, Scored
from reports.timing import calm_epochs

BASE, HEAD = ", base", ", head"
"""What stands behind a backend's name."""

R = TypeVar("R", bound=Header)
Key = tuple[str, str, str, int]


def sides(base: Iterable[Record], head: Iterable[Record]) -> tuple[Record, ...]:
    """Return the records of both sides, told apart by their backends' names."""
    return (*(_marked(r, BASE) for r in base), *(_marked(r, HEAD) for r in head))


def _marked(record: Record, side: str) -> Record:
    return structs.replace(record, backend=record.backend + side)


def accuracy(group: Sequence[Scored], by_key: Mapping[Key, Sequence[Scored]]) -> str | None:
    """Return the change of the mean accuracy since the base side, paired by seed, with 95 %."""
    before = {r.seed: r.test.get("accuracy") for r in _counterpart(group, by_key)}
    pairs = [
        (old, new)
        for record in group
        if (old := before.get(record.seed)) is not None
        and (new := record.test.get("accuracy")) is not None
    ]
    if not pairs:
        return None
    olds, news = zip(*pairs, strict=True)
    interval = statistics.paired_difference(
        olds, news, confidence=0.95, resolution=1 / group[0].data.test_samples
    )
    if interval is None:
        return f"{sum(news) / len(news) - sum(olds) / len(olds):+.4f}"
    return f"{interval.estimate:+.4f} ({interval.low:+.4f} to {interval.high:+.4f})"


def epoch(group: Sequence[R], by_key: Mapping[Key, Sequence[R]]) -> str | None:
    """Return the epoch time over that of the base side, disturbed runs left out, with 95 %."""
    before = [r for r in _counterpart(group, by_key) if _settings(r) == _settings(group[0])]
    return ratio(calm_epochs(before), calm_epochs(group))


def ratio(before: Sequence[float], after: Sequence[float]) -> str | None:
    """Return how many times as long runs took, with 95 %; None where a side has none."""
    if not before or not after:
        return None
    interval = statistics.ratio(before, after, confidence=0.95)
    typical = statistics.geometric_mean(after) / statistics.geometric_mean(before)
    return f"{typical:.2f}" + (f" ({interval.low:.2f} to {interval.high:.2f})" if interval else "")


def by_key(groups: Iterable[Sequence[R]]) -> dict[Key, Sequence[R]]:
    """Return groups by what they have in common, the side included."""
    return {_key(group[0]): group for group in groups}


def _key(record: Header) -> Key:
    return record.architecture, record.dataset, record.backend, record.epochs


def _counterpart(group: Sequence[R], by_key: Mapping[Key, Sequence[R]]) -> Sequence[R]:
    first = group[0]
    if HEAD not in first.backend:
        return ()
    backend = first.backend.replace(HEAD, BASE)
    before = by_key.get((first.architecture, first.dataset, backend, first.epochs), ())
    return [record for record in before if not recipe_difference(record, _of_seed(record, group))]


def _of_seed(record: R, group: Sequence[R]) -> R:
    """Return the record of the same seed, or the first: a seed alone is no other recipe."""
    return next((each for each in group if each.seed == record.seed), group[0])


def _settings(record: Header) -> tuple[str, ...]:
    return settings_of(record.environment) if isinstance(record, Observed) else ()
