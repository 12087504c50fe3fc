"""What one record says of time and memory: pure functions of its durations."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from operator import add
from statistics import median, median_low
from typing import TypeVar

from reports import statistics
from reports.schema.durations import (
    STALLED,
    Durations,
    FitDurations,
    TrainingDurations,
    stalled,
)
from reports.schema.record import Header, Measured, Trained

TIMING = (
    "build_seconds",
    "first_epoch_seconds",
    "epoch_seconds",
    "training_seconds",
    "evaluation_seconds",
    "latency_milliseconds",
    "throughput",
    "peak_memory_megabytes",
)
BUSY = 0.1
"""Share of the cores that others may take before a record is marked."""
UNSTEADY = 0.1
"""Interquartile range of the steady epochs over their median, likewise."""
HELD_UP = 0.1
"""Share of its epochs' time that stalls (`reports.schema.durations.stalled`) may take before
the times of a training are not its own."""
PAUSE_SECONDS = 120.0
"""Between two epochs, at least, for a pause: TensorFlow's `fit` may wait for tens of seconds."""

R = TypeVar("R", bound=Measured)


def times(record: Measured) -> dict[str, float | None]:
    """Return the timing metrics of one record, by name; None for what was not measured."""
    durations = record.durations
    trained = durations if isinstance(durations, TrainingDurations) else None
    latency = _median(durations.latency_seconds)
    prediction = _median(durations.prediction_seconds)
    memory = record.peak_memory_bytes
    return {
        "build_seconds": durations.build_seconds,
        "first_epoch_seconds": trained.first_epoch_seconds if trained else None,
        "epoch_seconds": _median(trained.epoch_seconds) if trained else None,
        "training_seconds": training_seconds(durations),
        "evaluation_seconds": _median(trained.evaluation_seconds) if trained else None,
        "latency_milliseconds": None if latency is None else latency * 1e3,
        "throughput": durations.predicted_samples / prediction if prediction else None,
        "peak_memory_megabytes": memory / 1e6 if memory else None,
    }


def training_seconds(durations: Durations) -> float | None:
    """Return the seconds of the whole training, or of a baseline's fit, if anything was trained."""
    if isinstance(durations, FitDurations):
        return durations.fit_seconds
    if isinstance(durations, TrainingDurations):
        return elapsed(durations, compilation=True)[-1]
    return None


def elapsed(durations: TrainingDurations, *, compilation: bool) -> list[float]:
    """Return the seconds of training up to the end of each epoch, validation not counted.

    With compilation, as it was: from the construction of the network, with what `fit` does around
    its steps. Without, the first epoch counts as much as the median of the later ones, and never
    as more than it took. An epoch that compiled anew because the training had been stopped counts
    as that median in either case, and so does a later one that stalled: a training that is paused
    and goes on does not train meanwhile. A pause in the first two epochs looks like compilation.
    """
    steady = _median([seconds for seconds, gone in _steady(durations) if not gone])
    first, *later = _epochs(durations, steady)
    first_setup, *setups = durations.fit_setup_seconds
    shorter = median_low(setups) if setups else 0.0
    longest = max(STALLED * max(shorter, steady or 0.0), PAUSE_SECONDS)
    usual = _median([seconds for seconds in setups if seconds <= longest]) or 0.0
    setups = [seconds if seconds <= longest else usual for seconds in setups]
    if compilation:
        first += durations.build_seconds + first_setup
    elif steady is not None:
        first = min(first, steady) + min(first_setup, usual)
    return list(accumulate([first, *map(add, later, setups)]))


def _steady(durations: TrainingDurations) -> list[tuple[float, bool]]:
    """Return the steady epochs, and of each whether it stalled."""
    epochs = durations.epoch_seconds
    return list(zip(epochs, stalled(epochs), strict=True))


def _epochs(durations: TrainingDurations, steady: float | None) -> Iterator[float]:
    """Yield the seconds of every epoch, in order."""
    later = iter(_steady(durations))
    resumed = dict(zip(durations.resumed_epochs, durations.resumed_epoch_seconds, strict=True))
    yield durations.first_epoch_seconds
    for epoch in range(2, len(durations.fit_setup_seconds) + 1):
        seconds, gone = (resumed[epoch], True) if epoch in resumed else next(later)
        yield steady if gone and steady is not None else seconds


def seconds_to(record: Trained, accuracy: float, *, compilation: bool) -> float | None:
    """Return the seconds of training after which validation first reached an accuracy, if ever."""
    reached = record.history.validation.get("accuracy", ())
    epoch = next(
        (at for at, value in enumerate(reached) if value is not None and value >= accuracy), None
    )
    if epoch is None:
        return None
    return elapsed(record.durations, compilation=compilation)[epoch]


def undisturbed(group: Sequence[R]) -> Sequence[R]:
    """Return the records whose times are their own; all of them where none's are."""
    return [record for record in group if not disturbed(record)] or group


def calm_epochs(group: Iterable[Header]) -> list[float]:
    """Return the median steady epoch of each training that others left alone."""
    return [
        median(record.durations.epoch_seconds)
        for record in group
        if isinstance(record, Trained) and record.durations.epoch_seconds and not disturbed(record)
    ]


def whole_epoch(record: Trained) -> float | None:
    """Return the usual seconds from one epoch to the next: steps, what `fit` adds, validation."""
    durations = record.durations
    if not durations.epoch_seconds:
        return None
    parts = durations.epoch_seconds, durations.fit_setup_seconds[1:], durations.evaluation_seconds
    return sum(median(part) for part in parts if part)


def disturbed(record: Measured) -> bool:
    """Return whether the times are not the network's own.

    Others took too much of its cores, it shared memory and caches with other experiments, it was
    begun on another machine, or with other cores or variables, or it stood still.
    """
    return bool(_disturbances(record))


def _disturbances(record: Measured) -> list[str]:
    environment, marks = record.environment, []
    if (environment.other_load or 0) > BUSY * environment.cores:
        marks.append("busy")
    if environment.jobs > 1:
        marks.append("shared")
    if environment.elsewhere:
        marks.append("moved")
    if isinstance(record, Trained) and _held_up(record.durations):
        marks.append("stalled")
    return marks


def _held_up(durations: TrainingDurations) -> bool:
    """Return whether stalled epochs took too large a share of all."""
    lost = [seconds for seconds, gone in _steady(durations) if gone]
    usual = len(lost) * median_low(durations.epoch_seconds) if lost else 0.0
    return sum(lost) - usual > HELD_UP * sum(durations.epoch_seconds)


def noise(record: Measured) -> list[str]:
    """Return why the times of a record are doubtful, if they are."""
    marks = _disturbances(record)
    epochs = record.durations.epoch_seconds if isinstance(record, Trained) else ()
    if (statistics.spread(epochs) or 0) > UNSTEADY:
        marks.append("unsteady")
    return marks


def noises(group: Iterable[Measured]) -> str | None:
    """Return why the times of any record are doubtful, in words."""
    return ", ".join(sorted({mark for record in group for mark in noise(record)})) or None


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None
