"""What one record says of time and memory: pure functions of its durations."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from statistics import median
from typing import TypeVar

from reports import statistics
from reports.schema.durations import Durations, FitDurations, TrainingDurations
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
STALLED = 5.0
"""Times the median of the steady epochs: one that took longer was stopped or starved meanwhile."""
HELD_UP = 0.1
"""Share of a training that such epochs may lose before a record is marked."""

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
    as that median in either case, and so does one that took more than `STALLED` times as long:
    a training that is paused and goes on does not train meanwhile.
    """
    steady = _median(durations.epoch_seconds)
    epochs = list(_epochs(durations, steady))
    if not compilation:
        if steady is not None:
            epochs[0] = min(steady, epochs[0])
        return list(accumulate(epochs))
    first, *later = (
        seconds + setup for seconds, setup in zip(epochs, durations.fit_setup_seconds, strict=True)
    )
    return list(accumulate([durations.build_seconds + first, *later]))


def _epochs(durations: TrainingDurations, steady: float | None) -> Iterator[float]:
    """Yield the seconds of every epoch, in order."""
    later = iter(durations.epoch_seconds)
    resumed = dict(zip(durations.resumed_epochs, durations.resumed_epoch_seconds, strict=True))
    yield durations.first_epoch_seconds
    for epoch in range(2, len(durations.fit_setup_seconds) + 1):
        if epoch in resumed:
            yield resumed[epoch] if steady is None else steady
        else:
            seconds = next(later)
            yield steady if steady is not None and seconds > STALLED * steady else seconds


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


def typical_epoch(group: Sequence[Header]) -> tuple[float | None, bool]:
    """Return the seconds of the typical steady epoch, and whether others disturbed every run."""
    calm = calm_epochs(group)
    epochs = (r.durations.epoch_seconds for r in group if isinstance(r, Trained))
    chosen = calm or [median(seconds) for seconds in epochs if seconds]
    return (statistics.geometric_mean(chosen) if chosen else None), bool(chosen and not calm)


def disturbed(record: Measured) -> bool:
    """Return whether the times are not the network's own.

    Others took too much of its cores, it shared memory and caches with other experiments, or it
    was begun on another machine.
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
    return marks


def noise(record: Measured) -> list[str]:
    """Return why the times of a record are doubtful, if they are."""
    marks = _disturbances(record)
    epochs = record.durations.epoch_seconds if isinstance(record, Trained) else ()
    if (statistics.spread(epochs) or 0) > UNSTEADY:
        marks.append("unsteady")
    if epochs and _lost(epochs) > HELD_UP * sum(epochs):
        marks.append("stalled")
    return marks


def _lost(epochs: tuple[float, ...]) -> float:
    """Return the seconds of stalled epochs beyond those of the median one."""
    steady = median(epochs)
    return sum(seconds - steady for seconds in epochs if seconds > STALLED * steady)


def _median(values: tuple[float, ...]) -> float | None:
    return median(values) if values else None
