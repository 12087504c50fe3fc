"""The rule of a duel, held against simulated truth."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
from scipy import stats

from bench.duel import verdict
from bench.duel.verdict import (
    FEWEST,
    LOOKS,
    block_change,
    judge,
    judge_differences,
    judge_together,
    pair_change,
)

CELLS = 24
QUESTIONS = CELLS + 2
"""Those of two backends, too."""
COMPARISONS = 1000


def test_a_linear_drift_cancels() -> None:
    base, factor = 2.0, 1.25
    drift = [1.0, 1.1, 1.21, 1.331]  # as much more every turn
    for sides in ("ABBA", "BAAB"):
        seconds = [
            base * slow * (factor if side == "B" else 1.0)
            for side, slow in zip(sides, drift, strict=True)
        ]
        assert block_change(sides, seconds) == pytest.approx(math.log(factor))


def test_a_pair_counts_with_its_median() -> None:
    assert pair_change([0.1, 0.1, 9.0]) == 0.1


def pairs(random: np.random.Generator, change: float, spread: float) -> list[float]:
    """Return as many pairs as there can be: of heavy tails, as a shared machine has them."""
    tails = stats.t.rvs(5, size=LOOKS[-1], random_state=random) / math.sqrt(5 / 3)
    return list(math.log1p(change) + spread * tails)


def settle(cells: dict[str, list[float]]) -> Iterator[dict[str, verdict.Estimate]]:
    """Look again and again, with more pairs of what is not settled."""
    sizes = dict.fromkeys(cells, 0)
    found: dict[str, verdict.Estimate] = {}
    for look in LOOKS:
        for name in cells:
            if name not in found or found[name].verdict == "not settled":
                sizes[name] = look
        some = {name: values[: sizes[name]] for name, values in cells.items()}
        found = judge(some, questions=QUESTIONS)
        yield found


def alarms(found: dict[str, verdict.Estimate]) -> set[str]:
    return {name for name, each in found.items() if each.verdict in ("slower", "faster")}


@pytest.mark.parametrize("spread", [0.02, 0.05])
def test_unchanged_code_raises_no_alarm(spread: float) -> None:
    random = np.random.default_rng(0)
    raised = 0
    for _ in range(COMPARISONS):
        cells = {str(i): pairs(random, 0.0, spread) for i in range(CELLS)}
        raised += any(alarms(found) for found in settle(cells))
        few = {name: values[:FEWEST] for name, values in cells.items()}
        together = judge_together(few, questions=QUESTIONS)
        raised += together.verdict in ("slower", "faster")
    found = stats.binomtest(raised, COMPARISONS, alternative="less")
    high = found.proportion_ci(0.95, "exact").high
    assert high <= verdict.ERROR, f"{raised} of {COMPARISONS}"


@pytest.mark.parametrize(("spread", "least"), [(0.02, 0.99), (0.05, 0.9)])
def test_ten_percent_of_one_network_is_found(spread: float, least: float) -> None:
    random = np.random.default_rng(1)
    found = 0
    for _ in range(60):
        cells = {str(i): pairs(random, 0.1 * (i == 0), spread) for i in range(CELLS)}
        *_, last = settle(cells)
        found += last["0"].verdict == "slower"
    assert found / 60 >= least


def test_three_percent_of_everything_are_found() -> None:
    random = np.random.default_rng(2)
    found = 0
    for _ in range(60):
        cells = {str(i): pairs(random, 0.03, 0.03) for i in range(CELLS)}
        found += judge_together(cells, questions=QUESTIONS).verdict == "slower"
    assert found / 60 >= 0.9


def test_swapped_sides_negate_every_estimate() -> None:
    random = np.random.default_rng(3)
    cells = {str(i): pairs(random, 0.1 * (i % 2), 0.03) for i in range(6)}
    there, back = judge(cells), judge({n: [-value for value in v] for n, v in cells.items()})
    names = {"slower": "faster", "faster": "slower"}
    for name, one in there.items():
        other = back[name]
        assert math.log1p(one.change) == pytest.approx(-math.log1p(other.change))
        assert math.log1p(one.low) == pytest.approx(-math.log1p(other.high))
        if one.verdict in names:
            assert other.verdict == names[one.verdict]


def test_what_is_surely_no_slower_is_said_so() -> None:
    random = np.random.default_rng(4)
    found = judge({"a": pairs(random, 0.0, 0.01), "b": pairs(random, 0.0, 0.2)})
    assert found["a"].verdict == "not slower"
    assert found["b"].verdict == "not settled"
    assert judge({"a": [0.2] * (FEWEST - 1)})["a"].verdict == "not settled"


def test_differences_of_quality_are_judged_in_their_own_units() -> None:
    random = np.random.default_rng(6)
    limits = {"worse": 0.005, "same": 0.005, "open": 0.02}
    found = judge_differences(
        {
            "worse": list(random.normal(0.02, 0.001, FEWEST)),
            "same": list(random.normal(0.0, 0.0005, FEWEST)),
            "open": list(random.normal(0.0, 0.05, FEWEST)),
        },
        limits=limits,
        questions=3,
    )
    assert [found[name].verdict for name in limits] == ["slower", "not slower", "not settled"]
    assert found["worse"].change == pytest.approx(0.02, abs=0.002)
    assert 0 < found["worse"].low < found["worse"].change < found["worse"].high


def test_errors_of_all_kinds_are_the_whole() -> None:
    assert pytest.approx(verdict.ERROR) == verdict.STEADY + verdict.BESIDES + verdict.QUALITY


def test_spreads_are_drawn_towards_each_other() -> None:
    random = np.random.default_rng(5)
    cells = {str(i): list(random.normal(0, 0.05, FEWEST)) for i in range(CELLS)}
    own = [float(np.var(values, ddof=1)) for values in cells.values()]
    drawn = [variance for variance, _ in verdict._moderated(cells).values()]
    assert np.std(drawn) < np.std(own) / 2
    assert np.mean(drawn) == pytest.approx(0.05**2, rel=0.3)
    for variance, freedom in verdict._moderated({"a": [0.0, 0.1], "b": [0.0, 0.1]}).values():
        assert variance == pytest.approx(0.005)
        assert freedom == 1
