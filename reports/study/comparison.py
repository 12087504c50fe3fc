"""Our records beside the numbers that the study prints."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf

import pandas as pd

from reports import statistics
from reports.grouping import groups
from reports.schema.record import Measured, Scored, Series, Trained
from reports.study.numbers import (
    Printed,
    departures,
    of_the_study,
    printed,
)
from reports.tables.table import Table, without_empty
from reports.tables.ways import by_way

ROUNDING = 5e-5
"""Of numbers that the study prints with four digits."""


def original(records: Sequence[Measured]) -> Table:
    """Return the study's numbers beside ours, at the same epoch of each.

    What it printed for an epoch that a run did not reach is left out; so that short runs are seen
    at all, its test metrics stand beside those after a run's last epoch, marked.
    """
    rows = []
    everything = printed()
    for group in _by_way([r for r in records if isinstance(r, Scored) and of_the_study(r)]):
        first = group[0]
        for number in everything:
            if number.network != first.architecture:
                continue
            needed = number.epoch if number.phase != "test" else None
            if needed and needed > first.epochs:
                continue
            values = [value for record in group if (value := ours(record, number)) is not None]
            if not values:
                continue
            # The study made one run: what its number may be for, by the spread of ours.
            interval = statistics.prediction_interval([value - number.value for value in values])
            difference = sum(values) / len(values) - number.value
            rows.append(
                {
                    "network": number.network,
                    "backend": by_way(first).backend,
                    "metric": f"{number.phase} {number.metric}",
                    "epoch": number.epoch if number.phase != "test" else first.epochs,
                    "study": f"{number.value:.4f}",
                    "ours": f"{sum(values) / len(values):.4f}",
                    "n": len(values),
                    "difference": f"{difference:+.4f}",
                    "95 % for one run": f"{interval.low:+.4f} to {interval.high:+.4f}"
                    if interval
                    else None,
                    "recipe differs in": "; ".join(departures(first, epochs=needed)) or None,
                    "source": number.where,
                }
            )
    return Table(name="study", title="The study's numbers and ours", frame=without_empty(rows))


def _by_way(records: Iterable[Scored]) -> Iterable[list[Scored]]:
    """Return records as they were made, in the groups of their ways."""
    found: dict[tuple[str, str, int], list[Scored]] = {}
    for record in records:
        key = record.architecture, by_way(record).backend, record.epochs
        found.setdefault(key, []).append(record)
    return found.values()


def ours(record: Scored, number: Printed) -> float | None:
    """Return what a record has for a number of the study: at the same epoch, or of its test."""
    if number.phase == "test":
        return record.test.get(number.metric)
    if not isinstance(record, Trained):
        return None
    phases: dict[str, dict[str, Series]] = {
        "train": record.history.train,
        "validation": record.history.validation,
    }
    return phases[number.phase].get(number.metric, (None,) * number.epoch)[number.epoch - 1]


@dataclass(frozen=True, slots=True)
class Beside:
    """A number of the study beside the interval that one more run of ours would give."""

    number: Printed
    way: str
    n: int
    interval: statistics.Interval

    @property
    def _half(self) -> float:
        return self.interval.high - self.interval.estimate

    @property
    def _apart(self) -> float:
        return abs(self.number.value - self.interval.estimate)

    @property
    def outside(self) -> bool:
        """Whether the number lies outside, by more than it was rounded."""
        return self._apart > self._half + ROUNDING

    @property
    def halves(self) -> float:
        """How far it lies from the middle, in halves of the interval."""
        return self._apart / self._half if self._half else inf * (self._apart > 0)

    @property
    def text(self) -> str:
        """The same in words."""
        number, mine = self.number, self.interval
        return (
            f"{number.network} ({self.way}): {number.phase} {number.metric} after epoch "
            f"{number.epoch} is {number.value:.4f} in the study ({number.where}) and "
            f"{mine.estimate:.4f} here; one more run of ours would give {mine.low:.4f} to "
            f"{mine.high:.4f} (95 %, n = {self.n})."
        )


def beside(full: Iterable[Trained]) -> Iterator[Beside]:
    """Yield every number of the study of which three runs of ours or more tell."""
    for group in groups([record for record in full if of_the_study(record)]):
        for number in printed():
            if number.network != group[0].architecture:
                continue
            values = [v for record in group if (v := ours(record, number)) is not None]
            if interval := statistics.prediction_interval(values):
                yield Beside(number, group[0].backend, len(values), interval)


def apart(full: Iterable[Trained]) -> Table:
    """Return, for each network, the loss that is farthest from the study's, relative to it.

    It is the mean of the way that has the most runs.
    """
    most: dict[str, list[Trained]] = {}
    for group in groups([record for record in full if of_the_study(record)]):
        name = group[0].architecture
        most[name] = max(most.get(name, []), group, key=len)
    rows = []
    for name, group in most.items():
        losses = [
            (sum(values) / len(values), len(values), number)
            for number in printed()
            if (number.network, number.metric) == (name, "loss")
            and (values := [v for record in group if (v := ours(record, number)) is not None])
        ]
        if losses:
            mean, n, number = max(losses, key=lambda each: abs(each[0] / each[2].value - 1))
            change = mean / number.value - 1
            rows.append((change, group[0].backend, f"{mean:.4f}", n, number))
    frame = pd.DataFrame(
        {
            "network": number.network,
            "backend": backend,
            "which loss": f"{number.phase}, epoch {number.epoch}",
            "study": f"{number.value:.4f}",
            "ours": mean,
            "n": n,
            "relative difference": f"{change:+.0%}",
        }
        for change, backend, mean, n, number in sorted(rows, key=lambda row: -abs(row[0]))
    )
    return Table(name="apart", title="Where losses part", frame=frame)
