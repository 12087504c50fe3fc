"""What measuring a network and a baseline have in common."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench import backends
from bench.experiment import Experiment, facts, fingerprint, identity
from bench.store import whole_file
from datasets import registry as datasets
from datasets.spec import Split
from reports.predictions import Predictions
from reports.record import Data

LATENCY_WARMUP = 10
LATENCY_SAMPLES = 100
LATENCY_SECONDS = 1.0
"""Stop sampling the latency after this long, with three samples at least."""
PREDICTION_PASSES = 5
PREDICTION_SECONDS = 0.5
"""Stop repeating the passes over the test subset after this long, with one at least."""


def success(
    experiment: Experiment, split: Split[np.ndarray], *, checksum: str, started_at: str
) -> dict[str, Any]:
    """Return the fields of a `Record` that say what was run on which data."""
    known = facts(experiment, checksum=checksum, packages=backends.packages(experiment.backend))
    return {
        **identity(experiment),
        "fingerprint": fingerprint(known),
        "facts": known,
        "status": "ok",
        "reason": None,
        "log": None,
        "started_at": started_at,
        "data": Data(
            synthetic=experiment.embedded,
            checksum=checksum,
            classes=datasets.find(experiment.dataset).classes,
            train_samples=len(split.y_train),
            test_samples=len(split.y_test),
        ),
    }


def latency(predict: Callable[[int], object], samples: int) -> tuple[float, ...]:
    """Return seconds of ``predict(row)``, one sample each, after a warm-up."""
    for index in range(LATENCY_WARMUP):
        predict(index % samples)
    return tuple(
        timed(
            lambda index: predict(index % samples),
            most=LATENCY_SAMPLES,
            seconds=LATENCY_SECONDS,
            least=3,
        )
    )


def timed(
    action: Callable[[int], object], *, most: int, seconds: float, least: int = 1
) -> Iterator[float]:
    """Yield the duration of each call, up to ``most`` calls or about ``seconds`` in all."""
    spent, index = 0.0, 0
    while index < least or (index < most and spent < seconds):
        start = time.perf_counter()
        action(index)
        duration = time.perf_counter() - start
        yield duration
        spent, index = spent + duration, index + 1


def confusion(true: np.ndarray, predicted: np.ndarray, classes: int) -> tuple[tuple[int, ...], ...]:
    """Return counts of test samples, rows true classes and columns predicted ones."""
    pairs = true.astype(np.int64) * classes + predicted
    table = np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
    return tuple(tuple(int(count) for count in row) for row in table)


def keep(predictions: Predictions, path: str | None) -> None:
    """Write the predictions; if that fails the record stands, and who stores it says so."""
    if path:
        with contextlib.suppress(OSError), whole_file(Path(path)) as stream:
            predictions.save(stream)
