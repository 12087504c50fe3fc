"""What a claim of the study is: a predicate on one run of its networks."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from reports.schema.record import Trained

ROUNDING = 1e-6


class NotFiniteError(ValueError):
    """A number that a claim is about is missing or not finite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one run says of a claim."""

    holds: bool | None
    """None where it takes more networks than the run has to tell, or a number that it has not."""
    numbers: Mapping[str, float]
    """Those that decide it, by what they are."""
    lacking: str = ""
    """Which number is missing or not finite."""
    mixed: bool = False
    """Whether its networks were trained on several machines or in several settings."""


class Runs:
    """The networks of one backend and seed, by name; a missing one raises `KeyError`."""

    def __init__(self, records: Iterable[Trained]) -> None:
        self._records = {record.architecture: record for record in records}

    def __getitem__(self, name: str) -> Trained:
        return self._records[name]

    def of(self, modality: str) -> list[Trained]:
        """Return all networks of an experiment."""
        return [record for record in self._records.values() if record.modality == modality]

    def test(self, name: str, metric: str) -> float:
        """Return a test metric."""
        return _number(self[name].test.get(metric), name, metric)

    def last(self, name: str, phase: str, metric: str) -> float:
        """Return a metric after the last epoch."""
        return self.series(name, phase, metric)[-1]

    def series(self, name: str, phase: str, metric: str) -> list[float]:
        """Return a metric after each epoch, ``train`` or ``validation``."""
        history = self[name].history
        values = {"train": history.train, "validation": history.validation}[phase]
        return [_number(value, name, metric) for value in values.get(metric, (None,))]

    def errors(self, name: str) -> tuple[int, int]:
        """Return false positives and false negatives of a binary task."""
        (_, false_positives), (false_negatives, _) = self.binary(name)
        return false_positives, false_negatives

    def binary(self, name: str) -> tuple[tuple[int, ...], ...]:
        """Return the confusion matrix of a binary task."""
        matrix = self.confusion(name)
        if len(matrix) != 2 or not any(map(any, matrix)):
            raise NotFiniteError(f"{name} was not tested on two classes")
        return matrix

    def confusion(self, name: str) -> tuple[tuple[int, ...], ...]:
        """Return the confusion matrix."""
        return self[name].confusion


def within(difference: float, most: float) -> bool:
    """Return whether a difference of two float32 metrics is that at most, rounding apart."""
    return abs(difference) <= most + ROUNDING


def lowest(values: Mapping[str, float]) -> str | None:
    """Return whose value is the lowest; None where several share it, so that no order decides."""
    least = min(values.values())
    names = [name for name, value in values.items() if value == least]
    return names[0] if len(names) == 1 else None


def highest(values: Mapping[str, float]) -> str | None:
    """Return whose value is the highest, as `lowest`."""
    return lowest({name: -value for name, value in values.items()})


def _number(value: float | None, name: str, metric: str) -> float:
    if value is None:
        raise NotFiniteError(f"{metric} of {name} is not a finite number")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One sentence of the study as a predicate on a run of its networks."""

    id: str
    title: str
    """In so few words that a picture has room for them."""
    section: str
    text: str
    networks: tuple[str, ...]
    """That it is about."""
    judge: Callable[[Runs], Evidence]
    """Raises `KeyError` for a network that is not there, `NotFiniteError` for a number."""
    epochs: int | None = None
    """How many it is about; None for the whole of the recipe."""
    caveat: str = ""
    """What makes the study's own numbers another thing than ours."""
