"""Pairs of processes to verdicts: slower, surely not, or not settled.

The pair of processes is the unit, never the slice of time. A block is four turns, ABBA or BAAB: the
mean of the logarithms of the head's two less that of the base's, in which a linear drift of the
machine cancels. A pair counts with the median of its blocks, a cell (a network on a backend) with
the mean of its pairs.

The error of the whole comparison is held: the chance that a comparison of unchanged code calls
anything slower or faster, heavier or worse is at most `ERROR`. It is divided (C. E. Bonferroni):
between steady epochs and the rest, then evenly over the questions of a kind (cells and backends;
cells and measures), over looks and over both directions.
"""

import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import optimize, special, stats

Verdict = Literal["slower", "faster", "not slower", "not settled"]
ERROR = 0.01
"""Of a whole comparison of unchanged code."""
STEADY, BESIDES, QUALITY = 0.7 * ERROR, 0.15 * ERROR, 0.15 * ERROR
"""Of it: for steady epochs; for what is measured besides; for losses and accuracies."""
CONFIRMED = 0.05
"""One-sided error of the fresh pairs that confirm what is slower."""
LOOKS = (6, 10, 15, 22, 30)
"""Numbers of pairs after which it is asked whether a cell is settled."""
FEWEST = LOOKS[0]
LIMIT = 0.10
"""What matters, as a share: a cell is *not slower* where it is surely less slow than this."""
MOST_PRIOR = 3.0
"""Prior degrees of freedom for each of a cell's own: what the other cells may say of its spread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How much longer the head takes, as a share of the base; all bounds are one-sided."""

    change: float
    """0.1 is ten percent longer."""
    low: float
    high: float
    """Ends that the true change is beyond with the error of one question at most, each."""
    pairs: int
    verdict: Verdict


def block_change(sides: str, seconds: Sequence[float]) -> float:
    """Return head less base of one block, as logarithms; ``sides`` are A (base) and B, in order."""
    logs = np.log(seconds)
    head = np.array([side == "B" for side in sides])
    return float(logs[head].mean() - logs[~head].mean())


def pair_change(blocks: Sequence[float]) -> float:
    """Return what a pair of processes says: the median of its blocks."""
    return float(np.median(blocks))


def judge(
    cells: Mapping[str, Sequence[float]],
    *,
    limit: float = LIMIT,
    error: float = STEADY,
    questions: int | None = None,
) -> dict[str, Estimate]:
    """Return the verdict on each cell from its pairs, as logarithms, by the cells' names.

    A cell with fewer than `FEWEST` pairs is not settled. All cells of the comparison are to be
    there, those that are settled, too: how many questions there are, as many as cells unless said,
    decides how sure a verdict must be.
    """
    found = {}
    for name, mean, half in _bounds(cells, error, questions or len(cells)):
        found[name] = _estimate(mean, half, len(cells[name]), limit)
    return found


def judge_differences(
    cells: Mapping[str, Sequence[float]], *, limits: Mapping[str, float], questions: int
) -> dict[str, Estimate]:
    """Return the verdict on differences of losses or accuracies; more than 0 is worse.

    Their spreads have no common scale, but in shares of their limits.
    """
    scaled = {name: [one / limits[name] for one in cells[name]] for name in cells}
    found = {}
    for name, mean, half in _bounds(scaled, QUALITY, questions):
        low, high, unit = mean - half, mean + half, limits[name]
        found[name] = Estimate(
            change=mean * unit,
            low=low * unit,
            high=high * unit,
            pairs=len(cells[name]),
            verdict=_decided(mean, low, high, matters=0.5, limit=1.0),
        )
    return found


def judge_together(
    cells: Mapping[str, Sequence[float]], *, limit: float = LIMIT, questions: int
) -> Estimate:
    """Return the verdict on the mean change of all cells: of what makes everything slower.

    What is found is a quarter of the limit: many cells together see more than each alone. Not
    settled with a cell that has fewer than `FEWEST` pairs: the others are not all. There are to be
    two cells or more.
    """
    pairs = min(map(len, cells.values()))
    if pairs < FEWEST:
        return _estimate(math.nan, math.inf, pairs, limit / 2)
    variances = _moderated(cells)
    means = [float(np.mean(values)) for values in cells.values()]
    # Cells of one comparison share a machine: how they differ from each other counts, too.
    between = float(np.var(means, ddof=1))
    within = [variances[name][0] / len(values) for name, values in cells.items()]
    squared = max(sum(within) / len(means) ** 2, between / len(means))
    freedom = max(len(means) - 1, min(freedom for _, freedom in variances.values()))
    half = _quantile(STEADY, questions, freedom) * math.sqrt(squared)
    return _estimate(float(np.mean(means)), half, pairs, limit / 2)


def confirmed(fresh: Sequence[float], limit: float) -> bool:
    """Return whether pairs that were asked for nothing else say that something is more, too."""
    if len(fresh) < FEWEST or sum(fresh) / len(fresh) < math.log1p(limit / 2):
        return False
    if max(fresh) == min(fresh):
        return True
    return bool(stats.ttest_1samp(fresh, 0, alternative="greater").pvalue < CONFIRMED)


def _bounds(
    cells: Mapping[str, Sequence[float]], error: float, questions: int
) -> Iterator[tuple[str, float, float]]:
    """Yield each cell's name, its mean, and how far its bounds are from it."""
    variances = _moderated({name: pairs for name, pairs in cells.items() if len(pairs) >= FEWEST})
    for name, pairs in cells.items():
        mean = float(np.mean(pairs)) if len(pairs) else math.nan
        if name not in variances:
            yield name, mean, math.inf
            continue
        variance, freedom = variances[name]
        yield name, mean, _quantile(error, questions, freedom) * math.sqrt(variance / len(pairs))


def _estimate(mean: float, half: float, pairs: int, limit: float) -> Estimate:
    low, high = mean - half, mean + half
    return Estimate(
        change=math.expm1(mean),
        low=math.expm1(low),
        high=_expm1(high),
        pairs=pairs,
        verdict=_decided(mean, low, high, matters=math.log1p(limit / 2), limit=math.log1p(limit)),
    )


def _decided(mean: float, low: float, high: float, *, matters: float, limit: float) -> Verdict:
    if low > 0 and mean >= matters:
        return "slower"
    if high < 0 and mean <= -matters:
        return "faster"
    return "not slower" if high < limit else "not settled"


def _expm1(value: float) -> float:
    return math.inf if value > 700 else math.expm1(value)


def _quantile(error: float, questions: int, freedom: float) -> float:
    """Return how many standard errors a bound is away: two ends, every look, every question."""
    return _student(error / questions / len(LOOKS) / 2, math.floor(freedom * 10) / 10)


@functools.cache
def _student(alpha: float, freedom: float) -> float:
    return float(stats.t.ppf(1 - alpha, freedom))


def _moderated(cells: Mapping[str, Sequence[float]]) -> dict[str, tuple[float, float]]:
    """Return each cell's variance between pairs, drawn towards that of all, and its freedom.

    Six pairs say little of their own spread. G. K. Smyth, "Linear models and empirical Bayes
    methods for assessing differential expression in microarray experiments", 2004: the variances
    are taken for draws from a scaled F distribution, whose scale and freedom the cells tell. With
    fewer than three cells there is nothing to be told.
    """
    own = {
        name: (max(float(np.var(pairs, ddof=1)), 1e-12), len(pairs) - 1)
        for name, pairs in cells.items()
    }
    if len(own) < 3:
        return {name: (variance, float(freedom)) for name, (variance, freedom) in own.items()}
    variances = np.array([variance for variance, _ in own.values()])
    freedoms = np.array([float(freedom) for _, freedom in own.values()])
    logs = np.log(variances) - special.digamma(freedoms / 2) + np.log(freedoms / 2)
    spread = float(np.var(logs, ddof=1) - np.mean(special.polygamma(1, freedoms / 2)))
    prior = 2 * _inverse_trigamma(spread) if spread > 0 else math.inf
    shift = special.digamma(prior / 2) - math.log(prior / 2) if math.isfinite(prior) else 0.0
    scale = math.exp(float(np.mean(logs)) + shift)
    moderated = {}
    for name, (variance, freedom) in own.items():
        weight = min(prior, MOST_PRIOR * freedom)
        total = weight + freedom
        moderated[name] = ((weight * scale + freedom * variance) / total, total)
    return moderated


def _inverse_trigamma(value: float) -> float:
    """Return x with trigamma(x) = value, for a positive value."""
    found: float = optimize.brentq(
        lambda log: float(special.polygamma(1, math.exp(log))) - value, -15.0, 15.0
    )
    return math.exp(found)
