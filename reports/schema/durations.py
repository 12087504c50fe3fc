"""Wall-clock seconds of each phase; a clock stops when the result is on the host."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low

from reports.schema.ranges import EpochSeconds, Seconds, Some

STALLED = 5.0
"""Times the usual steady epoch: one that took longer, and by `STALL_SECONDS` at least, was stopped
or starved meanwhile."""
STALL_SECONDS = 1.0


def stalled(epochs: Sequence[float]) -> list[bool]:
    """Return of each steady epoch whether it was stopped or starved meanwhile.

    Not of the first: Keras before 3.12 compiles once more in it, on JAX. The usual epoch is the
    lower of two, of which one may have stalled.
    """
    usual = median_low(epochs) if epochs else 0.0
    limit = max(STALLED * usual, usual + STALL_SECONDS)
    return [place > 0 and seconds > limit for place, seconds in enumerate(epochs)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """Of what every classifier does."""

    data_seconds: Seconds
    """Loading and encoding the arrays from the cache."""
    build_seconds: Seconds
    """Constructing and compiling the model object; no tracing, no XLA."""
    prediction_seconds: tuple[Seconds, ...]
    """Each pass over ``predicted_samples`` at the recipe's batch size."""
    predicted_samples: Some
    latency_seconds: tuple[Seconds, ...]
    """Prediction of a batch of one, host to host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitDurations(Durations):
    """Of a baseline, which knows no epochs."""

    fit_seconds: EpochSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkDurations(Durations):
    """Of a network that predicts."""

    first_prediction_seconds: Seconds
    """First batch of recipe size: tracing and compilation of the prediction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingDurations(NetworkDurations):
    """Of a network that was trained, too."""

    first_epoch_seconds: EpochSeconds
    """Includes tracing and compilation of the training step."""
    epoch_seconds: tuple[EpochSeconds, ...]
    """Each later epoch: steps alone, without validation and without the set-up of `fit`."""
    fit_setup_seconds: tuple[Seconds, ...]
    """Per epoch: time inside `fit` before its first and after its last step."""
    first_evaluation_seconds: Seconds
    evaluation_seconds: tuple[Seconds, ...]
    """Each later pass over the test subset."""
    resumed_epochs: tuple[Some, ...] = ()
    """Epochs, counted from 1, that were the first of a new process, which went on from a
    checkpoint. They trace and compile anew, so they are not among ``epoch_seconds``."""
    resumed_epoch_seconds: tuple[EpochSeconds, ...] = ()
    """Duration of each of these."""
    resumed_evaluation_seconds: tuple[Seconds, ...] = ()
    """Of the pass over the test subset after each of these."""
