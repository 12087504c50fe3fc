"""Clocks for predictions: samples of a call, up to a number and a time."""

import time
from collections.abc import Callable, Iterator

LATENCY_WARMUP = 10
LATENCY_SAMPLES = 100
LATENCY_SECONDS = 1.0
"""Stop sampling the latency after this long, with three samples at least."""
PREDICTION_PASSES = 5
PREDICTION_SECONDS = 0.5
"""Stop repeating the passes over the test subset after this long, with one at least."""


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


def passes(predict: Callable[[int], object]) -> tuple[float, ...]:
    """Return seconds of some whole passes over the test subset."""
    return tuple(timed(predict, most=PREDICTION_PASSES, seconds=PREDICTION_SECONDS))
