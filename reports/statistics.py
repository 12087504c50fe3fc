"""Estimates with their uncertainty: pure functions of numbers.

The unit of repetition is a run (one seed in one process). Epochs of one run share its process, its
weights and the state of the machine; they say how steady a run was, not how the next will be.
Nothing is said about runs from fewer than three.
"""

import math
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
FEWEST = 3
"""Runs below which no interval is given."""
RESAMPLES = 9999
MOST_LOGARITHM = math.log(sys.float_info.max)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate and the interval that holds the true value with the given confidence."""

    estimate: float
    low: float
    high: float


def mean_interval(values: Sequence[float], *, confidence: float = CONFIDENCE) -> Interval | None:
    """Return mean and Student's t interval; None for fewer than three values.

    W. S. Gosset, "The probable error of a mean", 1908; `scipy.stats.ttest_1samp`. A bootstrap of
    three to ten values is too narrow, which is why this is none.
    """
    if len(values) < FEWEST:
        return None
    mean = float(np.mean(values))
    if len(set(values)) == 1:
        return Interval(estimate=mean, low=mean, high=mean)
    with warnings.catch_warnings():
        # Values that differ in the last bit only: their interval is as narrow as it should be.
        warnings.filterwarnings("ignore", "Precision loss", RuntimeWarning)
        interval = stats.ttest_1samp(values, 0).confidence_interval(confidence)
    return Interval(estimate=mean, low=float(interval.low), high=float(interval.high))


def prediction_interval(values: Sequence[float]) -> Interval | None:
    """Return the mean and the interval for one further value; None for fewer than three.

    Student's t with the spread of the values and of the one to come: G. J. Hahn, "Factors for
    calculating two-sided prediction intervals for samples from a normal distribution", 1969.
    """
    if len(values) < FEWEST:
        return None
    number, mean = len(values), float(np.mean(values))
    half = stats.t.ppf((1 + CONFIDENCE) / 2, number - 1) * np.std(values, ddof=1)
    half *= math.sqrt(1 + 1 / number)
    return Interval(estimate=mean, low=mean - float(half), high=mean + float(half))


def share_interval(successes: int, trials: int) -> Interval:
    """Return the share of successes among one trial or more, and its interval.

    C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated in the
    case of the binomial", 1934: exact, so it holds for few trials, too.
    """
    found = stats.binomtest(successes, trials).proportion_ci(CONFIDENCE, method="exact")
    return Interval(estimate=successes / trials, low=float(found.low), high=float(found.high))


def mean_band(runs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Return mean, low and high end of `mean_interval` for every column of ``(runs, columns)``."""
    if len(runs) < FEWEST:
        return None
    mean = runs.mean(axis=0)
    half = stats.t.ppf((1 + CONFIDENCE) / 2, len(runs) - 1) * stats.sem(runs, axis=0)
    return mean, mean - half, mean + half


def typical_interval(values: Sequence[float]) -> Interval | None:
    """Return geometric mean and interval of positive run values; None for fewer than three.

    Student's t interval of the logarithms: times scatter by factors.
    """
    return exponential(mean_interval(np.log(values).tolist()))


def median_interval(samples: Sequence[float]) -> Interval | None:
    """Return median and percentile bootstrap interval; None for fewer than six samples.

    Of fewer than six, even the whole range holds the median in less than 95 % of cases
    (1 − 2 · ½ⁿ), and no bootstrap reaches beyond it.

    B. Efron and R. Tibshirani, "An introduction to the bootstrap", 1993, chapter 13;
    `scipy.stats.bootstrap` with fixed resamples, so that equal samples give equal intervals.
    """
    if 1 - 2 * 0.5 ** len(samples) < CONFIDENCE:
        return None
    result = stats.bootstrap(
        (np.asarray(samples),),
        np.median,
        n_resamples=RESAMPLES,
        batch=1000,
        confidence_level=CONFIDENCE,
        method="percentile",
        random_state=np.random.default_rng(0),
    )
    interval = result.confidence_interval
    return Interval(
        estimate=float(np.median(samples)), low=float(interval.low), high=float(interval.high)
    )


def paired_difference(
    base: Sequence[float], head: Sequence[float], *, confidence: float, resolution: float = 0.0
) -> Interval | None:
    """Return the mean of ``head - base`` and its t interval; None for fewer than three pairs.

    The values are paired by seed: what a seed does to both cancels out. Those that move in steps of
    a ``resolution`` (a share of n samples: 1/n) may agree by chance, so that their differences
    are taken to vary by no less than two roundings to it, each of variance resolution² / 12.
    """
    differences = [after - before for before, after in zip(base, head, strict=True)]
    least = resolution**2 / 6
    number = len(differences)
    if number < FEWEST or np.var(differences, ddof=1) >= least:
        return mean_interval(differences, confidence=confidence)
    mean = float(np.mean(differences))
    half = float(stats.t.ppf((1 + confidence) / 2, number - 1)) * math.sqrt(least / number)
    return Interval(estimate=mean, low=mean - half, high=mean + half)


def difference(
    base: Sequence[float], head: Sequence[float], *, confidence: float
) -> Interval | None:
    """Return the difference of means ``head - base`` of independent runs; None below three each.

    Welch's t interval (B. L. Welch, 1947; `scipy.stats.ttest_ind`): the sides may differ in spread
    and number.
    """
    if min(len(base), len(head)) < FEWEST:
        return None
    estimate = low = high = float(np.mean(head) - np.mean(base))
    if np.ptp(base) or np.ptp(head):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Precision loss", RuntimeWarning)
            interval = stats.ttest_ind(head, base, equal_var=False).confidence_interval(confidence)
        low, high = float(interval.low), float(interval.high)
    return Interval(estimate=estimate, low=low, high=high)


def ratio(base: Sequence[float], head: Sequence[float], *, confidence: float) -> Interval | None:
    """Return ``head / base`` of positive run values, with an interval; None below three runs each.

    The `difference` of the mean logarithms. Give it one robust value per run, a median of its
    epochs say, so that a few slow epochs count for nothing; a whole slow run widens the interval
    instead of moving a verdict.
    """
    interval = difference(np.log(base).tolist(), np.log(head).tolist(), confidence=confidence)
    return exponential(interval)


def exponential(interval: Interval | None) -> Interval | None:
    """Return the interval of ratios from that of their logarithms."""
    if interval is None:
        return None
    return Interval(
        estimate=_exp(interval.estimate), low=_exp(interval.low), high=_exp(interval.high)
    )


def _exp(logarithm: float) -> float:
    """Return the exponential, without end where a float has none: of very few, very unlike runs."""
    return math.exp(logarithm) if logarithm < MOST_LOGARITHM else math.inf


def told_apart(samples: Sequence[Sequence[float]], *, resolution: float = 0.0) -> np.ndarray | None:
    """Return which of several groups have unlike means, ``(groups, groups)`` of bool.

    Games and Howell's test, which allows each group a variance of its own and counts how many
    pairs are looked at (P. A. Games and J. F. Howell, 1976; `scipy.stats.tukey_hsd`). Two groups
    without any variance are apart by more than one step of what moves in steps of ``resolution``.
    None where there is but one group, or one of fewer than three values.
    """
    if len(samples) < 2 or min(map(len, samples)) < FEWEST:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):  # groups without any variance
        p = stats.tukey_hsd(*samples, equal_var=False).pvalue
    means = np.array([np.mean(sample) for sample in samples])
    far = abs(means[:, None] - means) > resolution * (1 + 1e-6)  # but for rounding
    apart: np.ndarray = np.where(np.isnan(p), far, p < 1 - CONFIDENCE)
    return apart


def geometric_mean(values: Sequence[float]) -> float:
    """Return the typical value of positive numbers whose ratios count."""
    return float(stats.gmean(values))


def spread(samples: Sequence[float]) -> float | None:
    """Return interquartile range over median; None for fewer than three samples."""
    if len(samples) < FEWEST:
        return None
    low, middle, high = quantiles(samples, n=4, method="inclusive")
    return (high - low) / middle
