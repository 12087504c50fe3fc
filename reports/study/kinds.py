"""The study's question: networks of one kind against another, wide ones against deep ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

import pandas as pd

from reports import statistics
from reports.grouping import groups
from reports.schema.record import Measured, Scored
from reports.study.claim import within
from reports.study.numbers import MATCH, SUITED, WIDE_AND_DEEP, of_the_study, stands_in
from reports.tables.front import accuracies_of
from reports.tables.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """How far one network is ahead of another in test accuracy."""

    base: Scored
    """A run of the one, and of the other."""
    other: Scored
    differences: tuple[float, ...]
    """Seed by seed; more than 0: the other is better."""

    @property
    def keeps_up(self) -> bool | None:
        """Whether the other matches it or beats it in the mean; None where no seed is of both."""
        mean = self._mean
        return None if mean is None else mean > 0 or within(mean, MATCH)

    @property
    def outcome(self) -> str:
        """What is sure of it, in words."""
        if not self.differences:
            return "no seed in common"
        return _outcome(statistics.mean_interval(self.differences))

    @property
    def cells(self) -> dict[str, object]:
        """What a table shows of it."""
        mean = self._mean
        interval = statistics.mean_interval(self.differences) if self.differences else None
        return {
            "n": len(self.differences),
            "difference": None if mean is None else f"{mean:+.4f}",
            "95 %": f"{interval.low:+.4f} to {interval.high:+.4f}" if interval else None,
            "outcome": self.outcome,
        }

    @property
    def _mean(self) -> float | None:
        return sum(self.differences) / len(self.differences) if self.differences else None


def leads(records: Sequence[Measured]) -> Iterator[Lead]:
    """Yield how far each network of another kind is ahead of the suited one.

    Of several suited networks the one of highest mean accuracy stands.
    """
    for group in _experiments(records).values():
        kind = SUITED[group[0].modality]
        of_kind = [seeds for seeds in groups(group) if seeds[0].kind == kind]
        if not of_kind:
            continue
        best = max(of_kind, key=_accuracy)
        yield from (_lead(best, other) for other in groups(group) if other[0].kind != kind)


def suited(records: Sequence[Measured]) -> Table:
    """Return, for each network of another kind, its test accuracy less that of the suited one."""
    return Table(
        name="suited",
        title="Other kinds of network against the suited one",
        frame=pd.DataFrame(
            {
                "data set": lead.base.dataset,
                "backend": lead.base.backend,
                "epochs": lead.base.epochs,
                "suited": lead.base.architecture,
                "other": lead.other.architecture,
                **lead.cells,
            }
            for lead in leads(records)
        ),
    )


def width(records: Sequence[Measured]) -> Table:
    """Return, for each pair of equal size, the deep network's accuracy less the wide one's."""
    rows = []
    for (dataset, backend, epochs), group in _experiments(records).items():
        by_name = {seeds[0].architecture: seeds for seeds in groups(group)}
        rows += [
            {
                "data set": dataset,
                "backend": backend,
                "epochs": epochs,
                "wide": wide,
                "deep": deep,
                **_lead(by_name[wide], by_name[deep]).cells,
            }
            for wide, deep in WIDE_AND_DEEP
            if wide in by_name and deep in by_name
        ]
    return Table(name="width", title="Width against depth", frame=pd.DataFrame(rows))


def _lead(base: Sequence[Scored], other: Sequence[Scored]) -> Lead:
    before = {record.seed: record.test.get("accuracy") for record in base}
    after = {record.seed: record.test.get("accuracy") for record in other}
    differences = tuple(
        new - old
        for seed, old in before.items()
        if old is not None and (new := after.get(seed)) is not None
    )
    return Lead(base=base[0], other=other[0], differences=differences)


def _outcome(interval: statistics.Interval | None) -> str:
    if interval is None:
        return "too few runs"
    if interval.low > MATCH:
        return "beats it"
    if interval.low > -MATCH:
        return "matches or beats it"
    if interval.high < -MATCH:
        return "falls behind"
    return "undecided"


def _accuracy(group: Sequence[Scored]) -> float:
    values = accuracies_of(group)
    return sum(values) / len(values) if values else -inf


def _experiments(records: Sequence[Measured]) -> dict[tuple[str, str, int], list[Scored]]:
    experiments: dict[tuple[str, str, int], list[Scored]] = {}
    for record in _scored(records):
        if record.modality in SUITED:
            experiments.setdefault((record.dataset, record.backend, record.epochs), []).append(
                record
            )
    return experiments


def _scored(records: Sequence[Measured]) -> list[Scored]:
    """Return what there is to compare: the study's networks on its data, or what stands in."""
    return [r for r in records if isinstance(r, Scored) and (of_the_study(r) or stands_in(r))]
