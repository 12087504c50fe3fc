"""What must agree between the fields of a record, so that whatever reads it can rely on it."""

from collections.abc import Iterator
from datetime import datetime

from reports.schema.durations import TrainingDurations
from reports.schema.metrics import BY_NAME
from reports.schema.record import (
    Confusion,
    Described,
    Evaluated,
    Fitted,
    History,
    Network,
    Predicted,
    Record,
    Scores,
    Trained,
)

ROUNDING = 1e-4
"""By which the sum of float32 shares may pass 1."""


def disagreement(record: Record) -> str | None:
    """Return the first thing in which fields of a record contradict each other, if they do."""
    return next(_disagreements(record), None)


def _disagreements(record: Record) -> Iterator[str]:
    try:
        datetime.fromisoformat(record.started_at)
    except ValueError:
        yield f"its start is no moment: {record.started_at}"
    if isinstance(record, Trained):
        yield from _of_history(record.history, record.epochs)
        yield from _of_durations(record.durations, record.epochs)
    if isinstance(record, Trained | Fitted | Evaluated):
        yield from _of_confusion(record.confusion, len(record.data.classes))
        yield from _of_scores(record.test)
    if isinstance(record, Trained | Predicted | Described | Evaluated):
        yield from _of_network(record.network)


def _of_history(history: History, epochs: int) -> Iterator[str]:
    if "loss" not in history.train:
        yield "its history has no loss"
    if history.train.keys() != history.validation.keys():
        yield "its history has other metrics in training than in validation"
    for phase, series in (("training", history.train), ("validation", history.validation)):
        for name, values in series.items():
            if len(values) != epochs:
                yield f"{phase} {name} has {len(values)} values for {epochs} epochs"


def _of_durations(durations: TrainingDurations, epochs: int) -> Iterator[str]:
    steady, resumed = len(durations.epoch_seconds), durations.resumed_epochs
    if 1 + steady + len(resumed) != epochs:
        yield f"it has durations of {1 + steady + len(resumed)} epochs, and {epochs} epochs"
    if len(durations.fit_setup_seconds) != epochs:
        yield f"it has {len(durations.fit_setup_seconds)} set-ups of fit for {epochs} epochs"
    if sorted(set(resumed)) != list(resumed) or not all(1 < at <= epochs for at in resumed):
        yield f"it was resumed in epochs {resumed} of {epochs}"
    if len(durations.resumed_epoch_seconds) != len(resumed):
        yield f"{len(durations.resumed_epoch_seconds)} durations of {len(resumed)} resumed epochs"


def _of_confusion(confusion: Confusion, classes: int) -> Iterator[str]:
    if len(confusion) != classes or any(len(row) != classes for row in confusion):
        yield f"its confusion matrix is not {classes} × {classes}, for so many classes"


def _of_scores(test: Scores) -> Iterator[str]:
    for name, value in test.items():
        metric = BY_NAME.get(name)
        if value is None or metric is None or not metric.is_share:
            continue
        if not -ROUNDING <= value <= 1 + ROUNDING:
            yield f"{name} is {value}, which is no share of 1"


def _of_network(network: Network) -> Iterator[str]:
    if network.budget and network.budget[0] >= network.budget[1]:
        yield "the ends of its budget are the wrong way round"
    if (network.budget is None) != (network.budget_reference is None):
        yield "a budget goes with a reference"
