"""Estimates against exact numbers."""

import itertools
import math

import numpy as np
import pytest

from reports import statistics


def test_mean_interval_is_students() -> None:
    found = statistics.mean_interval([1.0, 2.0, 3.0])
    assert found
    # t(0.975, 2) = 4.302653, s = 1
    half = 4.302652729911275 / math.sqrt(3)
    assert (found.estimate, found.low, found.high) == pytest.approx((2, 2 - half, 2 + half))
    wider = statistics.mean_interval([1.0, 2.0, 3.0], confidence=0.99)
    assert wider
    assert wider.high - 2 == pytest.approx(9.92484320091807 / math.sqrt(3))


def test_the_interval_of_a_share_is_exact() -> None:
    found = statistics.share_interval(6, 6)
    assert (found.estimate, found.high) == (1, 1)
    assert found.low == pytest.approx(0.025 ** (1 / 6))
    found = statistics.share_interval(0, 3)
    assert (found.low, found.high) == pytest.approx((0, 1 - 0.025 ** (1 / 3)))


def test_a_band_is_an_interval_in_every_column() -> None:
    runs = np.array([[1.0, 5.0], [2.0, 5.0], [4.0, 5.0]])
    band = statistics.mean_band(runs)
    found = statistics.mean_interval(runs[:, 0].tolist())
    assert band
    assert found
    mean, low, high = band
    assert [mean[0], low[0], high[0]] == pytest.approx([found.estimate, found.low, found.high])
    assert (mean[1], low[1], high[1]) == (5, 5, 5)
    assert statistics.mean_band(runs[:2]) is None


def test_equal_values_leave_no_doubt() -> None:
    found = statistics.mean_interval([0.25] * 4)
    assert found
    assert found.low == found.high == 0.25


def test_values_that_differ_in_the_last_bit_have_a_narrow_interval_and_no_warning() -> None:
    values = [0.9, 0.9 + 1e-16, 0.9, 0.9 + 2e-16]
    for found in (
        statistics.mean_interval(values),
        statistics.difference(values, [0.9] * 4, confidence=0.99),
    ):
        assert found
        assert found.high - found.low < 1e-14


@pytest.mark.parametrize("few", [[], [1.0], [1.0, 2.0]])
def test_fewer_than_three_have_no_interval(few: list[float]) -> None:
    assert statistics.mean_interval(few) is None
    assert statistics.typical_interval(few) is None
    assert statistics.spread(few) is None
    assert statistics.ratio(few, [1.0, 2.0, 3.0], confidence=0.99) is None
    assert statistics.paired_difference(few, few, confidence=0.99) is None


def test_median_interval_is_fixed_and_covers() -> None:
    samples = [3.0, 1.0, 2.0, 10.0, 0.5, 4.0]
    first = statistics.median_interval(samples)
    assert first == statistics.median_interval(samples)
    assert first
    assert first.estimate == 2.5
    every = np.median(list(itertools.product(samples, repeat=6)), axis=1)
    assert (first.low, first.high) == tuple(np.quantile(every, [0.025, 0.975]))
    assert statistics.median_interval(samples[:5]) is None
    random = np.random.default_rng(1)
    held = 0
    for _ in range(100):
        found = statistics.median_interval(random.normal(size=30).tolist())
        assert found
        held += found.low <= 0 <= found.high
    assert 88 <= held <= 100


def test_the_interval_of_three_typical_times_covers() -> None:
    random = np.random.default_rng(2)
    held = 0
    for _ in range(400):
        found = statistics.typical_interval(random.lognormal(1.0, 0.15, size=3).tolist())
        assert found
        held += found.low <= np.exp(1.0) <= found.high
    assert 370 <= held <= 392  # 95 % of 400 is 380


def test_what_a_seed_does_to_both_cancels_out() -> None:
    base, head = [0.90, 0.80, 0.85], [0.89, 0.79, 0.84]
    found = statistics.paired_difference(base, head, confidence=0.99)
    assert found
    assert (found.low, found.high) == pytest.approx((-0.01, -0.01))


def test_ratio_is_welchs_on_logarithms() -> None:
    found = statistics.ratio([1.0, 2.0, 4.0], [2.0, 4.0, 8.0], confidence=0.95)
    assert found
    assert found.estimate == pytest.approx(2)
    # equal spreads: 4 degrees of freedom, t(0.975, 4) = 2.776445, s = ln 2
    half = 2.7764451051977987 * math.log(2) * math.sqrt(2 / 3)
    assert found.low == pytest.approx(2 * math.exp(-half))
    assert found.high == pytest.approx(2 * math.exp(half))
    exact = statistics.ratio([2.0] * 3, [3.0] * 5, confidence=0.99)
    assert exact
    assert (exact.low, exact.high) == pytest.approx((1.5, 1.5))


def test_one_slow_run_widens_but_does_not_decide() -> None:
    found = statistics.ratio(
        [1.0, 1.01, 0.99, 1.0, 1.02], [1.0, 1.01, 0.99, 1.0, 5.0], confidence=0.99
    )
    assert found
    assert found.low < 1 < found.high


def test_spread() -> None:
    assert statistics.spread([1.0, 2.0, 3.0, 4.0, 5.0]) == pytest.approx(2 / 3)


def test_geometric_mean() -> None:
    assert statistics.geometric_mean([1.0, 4.0]) == pytest.approx(2)


def test_the_prediction_interval_covers_one_further_run() -> None:
    random = np.random.default_rng(0)
    for number in (3, 5, 10):
        covered = 0
        for _ in range(1000):
            *runs, study = random.normal(0.9, 0.01, number + 1)
            interval = statistics.prediction_interval(runs)
            assert interval
            covered += interval.low <= study <= interval.high
        assert 930 <= covered <= 970  # that of the mean covered 84, 68 and 49 %
    assert statistics.prediction_interval([0.9, 0.8]) is None
