"""Counting and clocks."""

import numpy as np

from bench.worker import scoring, timing


def test_confusion_counts_true_rows_and_predicted_columns() -> None:
    true = np.array([0, 0, 0, 1, 2], np.uint8)
    predicted = np.array([0, 1, 1, 1, 0])
    assert scoring.confusion(true, predicted, 3) == ((1, 2, 0), (0, 1, 0), (1, 0, 0))
    assert scoring.confusion(true[:4], predicted[:4].astype(bool), 2) == ((1, 2), (0, 1))


def test_timing_stops_by_count_and_by_time() -> None:
    assert len(list(timing.timed(lambda _: None, most=7, seconds=60))) == 7
    assert len(list(timing.timed(lambda _: None, most=7, seconds=0))) == 1
    assert len(list(timing.timed(lambda _: None, most=7, seconds=0, least=3))) == 3
