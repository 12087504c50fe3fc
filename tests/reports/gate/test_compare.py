"""One test per verdict, and the command that gives them."""

from typing import Any

import numpy as np
import pytest

from bench.backends import BACKENDS
from reports.gate import limits as gate
from reports.gate.comparable import VERSIONS
from reports.gate.compare import compare, compared, regressed
from reports.schema.record import Check, Compared, Record, Trained
from tests.builders import build_compared, build_failed, build_record, on_many, replace
from tests.reports.gate.made import one, runs, verdicts

GATE = gate.read()


def test_the_same() -> None:
    findings = compare(runs(), runs(), GATE)
    assert set(verdicts(findings).values()) == {"same"}
    assert not regressed(findings)
    assert compared(findings)


def test_slower_regressed_and_faster_improved() -> None:
    slow = compare(runs(), runs(slower=1.3), GATE)
    assert verdicts(slow)["epoch_seconds"] == "regressed"
    assert verdicts(slow)["accuracy"] == "same"
    assert slow[0].metric == "epoch_seconds"  # what matters comes first
    assert slow[0].change
    assert slow[0].change.estimate == pytest.approx(1.3)
    assert regressed(slow)
    assert not regressed(slow, advisory=["time"])
    assert regressed(slow, advisory=["quality"])
    assert verdicts(compare(runs(), runs(slower=0.7), GATE))["epoch_seconds"] == "improved"


def test_accuracy_knows_its_direction() -> None:
    assert verdicts(compare(runs(), runs(accuracy=-0.02), GATE))["accuracy"] == "regressed"
    assert verdicts(compare(runs(), runs(accuracy=0.02), GATE))["accuracy"] == "improved"


def test_a_sure_change_that_is_tolerated_is_the_same() -> None:
    assert verdicts(compare(runs(), runs(accuracy=-0.002), GATE))["accuracy"] == "same"
    assert verdicts(compare(runs(), runs(slower=1.01), GATE))["epoch_seconds"] == "same"


def test_few_runs_are_insufficient_unless_identical_or_gross() -> None:
    unsure = compare(runs(2), runs(2, slower=1.3, accuracy=-0.02), GATE)
    assert verdicts(unsure)["accuracy"] == "insufficient data"
    assert verdicts(unsure)["epoch_seconds"] == "insufficient data"
    assert not regressed(unsure)
    assert all(f.large for f in unsure if f.metric in ("accuracy", "epoch_seconds"))
    collapse = compare(runs(1), runs(1, accuracy=-0.5), GATE)
    assert verdicts(collapse)["accuracy"] == "regressed"
    assert verdicts(compare(runs(1), runs(1), GATE))["accuracy"] == "same"


def test_a_gross_change_of_a_time_is_the_same_factor_up_and_down() -> None:
    for factor, expected in ((3.1, "regressed"), (2.9, "insufficient data")):
        slower = compare(runs(1), runs(1, slower=factor), GATE)
        faster = compare(runs(1, slower=factor), runs(1), GATE)
        assert verdicts(slower)["epoch_seconds"] == expected
        assert verdicts(faster)["epoch_seconds"] == expected.replace("regressed", "improved")


def test_other_recipes_are_compared_apart_where_both_sides_have_them() -> None:
    def shorter(seed: int, accuracy: float = 0) -> Trained:
        record = one(seed, slower=1, accuracy=accuracy)
        return replace(record, overrides="2 epochs", provenance={"epochs": 2, "seed": seed})

    both = compare(
        [*runs(), *map(shorter, range(3))],
        [*runs(accuracy=-0.02), *map(shorter, range(3))],
        GATE,
    )
    found = {(f.experiment.partition("(")[2], f.metric): f.verdict for f in both}
    assert found["smoke)", "accuracy"] == "regressed"
    assert found["smoke, 2 epochs)", "accuracy"] == "same"
    (only,) = compare(runs(), [shorter(0)], GATE)
    assert only.verdict == "not comparable"
    assert "epochs was 3 and is 2" in str(only.reason)


def test_noise_is_insufficient() -> None:
    noisy = [one(seed, slower=1 + seed * 0.8, accuracy=0) for seed in range(4)]
    assert verdicts(compare(runs(4), noisy, GATE))["epoch_seconds"] == "insufficient data"


def test_a_fraction_of_a_millisecond_is_nothing() -> None:
    findings = compare(runs(slower=0.001), runs(slower=0.0015), GATE)
    assert verdicts(findings)["epoch_seconds"] == "same"


def test_missing_new_and_failed() -> None:
    assert verdicts(compare(runs(), [], GATE)) == {None: "missing"}
    assert verdicts(compare([], runs(), GATE)) == {None: "new"}
    assert not compared(compare([], runs(), GATE))
    failed = build_failed(reason="the worker was killed")
    findings = compare(runs(), [*runs(3), failed], GATE)
    assert findings[0].verdict == "failed"
    assert findings[0].reason == "the worker was killed"
    assert regressed(findings, advisory=["time", "size", "quality"])
    still = compare([failed], [failed], GATE)
    assert verdicts(still) == {None: "not comparable"}
    assert not regressed(still)


def test_another_recipe_is_not_comparable() -> None:
    longer = [replace(r, provenance={**(r.provenance or {}), "epochs": 9}) for r in runs()]
    findings = compare(runs(), longer, GATE)
    assert verdicts(findings) == {None: "not comparable"}
    assert findings[0].reason == "epochs was 3 and is 9"
    assert not compared(findings)


def test_other_versions_are_what_is_compared() -> None:
    newer = [replace(r, provenance={**(r.provenance or {}), "keras": "3.15.2"}) for r in runs()]
    assert set(verdicts(compare(runs(), newer, GATE)).values()) == {"same"}


@pytest.mark.parametrize(
    "change", [{"cpu": "Other"}, {"cores": 1}, {"jit_compile": False}, {"variables": {"A": "1"}}]
)
def test_times_need_the_same_machine_and_settings(change: dict[str, Any]) -> None:
    environment = build_record().environment
    assert environment
    elsewhere = runs(slower=9, environment=replace(environment, **change))
    findings = verdicts(compare(runs(), elsewhere, GATE))
    assert findings["epoch_seconds"] == "not comparable"
    assert findings["accuracy"] == "same"


def test_the_base_of_the_same_machine_is_taken() -> None:
    environment = build_record().environment
    assert environment
    other = replace(environment, cpu="Other")
    base = [*runs(slower=3, environment=other), *runs()]
    assert verdicts(compare(base, runs(), GATE))["epoch_seconds"] == "same"


def test_qualities_of_several_machines_are_compared() -> None:
    """As a cluster of unlike machines leaves them; of one seed those of one machine are paired."""
    other = replace(build_record().environment, cpu="Other")
    worse = runs(accuracy=-0.05)
    head = [*worse[:-1], replace(worse[-1], environment=other)]
    findings = verdicts(compare(runs(), head, GATE))
    assert findings["accuracy"] == "regressed"
    elsewhere = runs(accuracy=-0.05, environment=other)
    assert verdicts(compare([*runs(), *elsewhere], runs(), GATE))["accuracy"] == "same"
    assert verdicts(compare([*elsewhere, *runs()], elsewhere, GATE))["accuracy"] == "same"


def test_times_are_compared_on_the_machine_of_the_latest_runs() -> None:
    """Others, of which each side has as many, would hide that it became slower here."""
    old = replace(build_record().environment, cpu="A: by its name the first")
    earlier, later = "2025-01-01T00:00:00.000+00:00", "2026-02-01T00:00:00.000+00:00"
    base = [replace(r, environment=old, started_at=earlier) for r in runs()]
    before, after = (
        [*base, *(replace(r, started_at=later) for r in runs(slower=slower))] for slower in (1, 5)
    )
    of_epochs = [f.verdict for f in compare(before, after, GATE) if f.metric == "epoch_seconds"]
    assert of_epochs == ["regressed", "not comparable"]  # the latter of the machine before


def test_a_comparison_counts_on_the_machines_that_both_sides_have() -> None:
    equal, different = (
        build_compared((Check(quantity="outputs", tensor=None, error=error, bound=1e-5),))
        for error in (1e-7, 1e-3)
    )
    elsewhere = replace(different, environment=replace(different.environment, device="a GPU"))
    for base, head in (([equal], [elsewhere, equal]), ([equal, elsewhere], [equal])):
        (finding,) = compare(base, head, GATE)
        assert finding.verdict == "same"
    (finding,) = compare([equal], [elsewhere], GATE)
    assert finding.verdict == "regressed"


def test_a_loss_that_is_no_longer_finite_regressed() -> None:
    broken = [replace(r, test={"loss": None, "accuracy": 0.5}) for r in runs()]
    findings = {finding.metric: finding for finding in compare(runs(), broken, GATE)}
    assert findings["loss"].verdict == "regressed"
    assert findings["loss"].reason == "no longer a finite number"


def test_no_seed_in_common() -> None:
    other = [replace(record, seed=record.seed + 10) for record in runs()]
    assert verdicts(compare(runs(), other, GATE))["accuracy"] == "not comparable"


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (1e-7, 1e-7, "same"),
        (1e-7, 1e-3, "regressed"),
        (1e-7, None, "regressed"),
        (1e-3, 1e-7, "improved"),
        (1e-3, 1e-3, "same"),
        (1.1e-5, 0.5, "regressed"),
        (1e-3, None, "regressed"),
        (None, None, "same"),
    ],
)
def test_a_backend_that_no_longer_equals_the_reference_regressed(
    before: float, after: float | None, verdict: str
) -> None:
    base, head = (
        build_compared(
            checks=(Check(quantity="outputs", tensor=None, error=error, bound=1e-5),),
        )
        for error in (before, after)
    )
    (finding,) = compare([base], [head], GATE)
    assert finding.verdict == verdict
    assert regressed([finding]) == (verdict == "regressed")


def test_what_newly_differs_is_told_beside_what_differed_before() -> None:
    def record(**errors: float) -> Compared:
        return build_compared(
            checks=tuple(
                Check(quantity=what, tensor=None, error=error, bound=1e-5)  # type: ignore[arg-type]
                for what, error in errors.items()
            )
        )

    base = record(outputs=1e-7, loss=1e-7, curve=1e-2)
    (finding,) = compare([base], [record(outputs=0.5, loss=1e-7, curve=1e-2)], GATE)
    assert finding.verdict == "regressed"
    assert finding.reason == "differs from the float64 reference: outputs, curve; new: outputs"
    (farther,) = compare([base], [record(outputs=1e-7, curve=0.2)], GATE)
    assert farther.verdict == "regressed"
    assert farther.reason == (
        "differs from the float64 reference: curve; 10 times as far or more: curve"
    )
    two = [record(loss=0.1, outputs=1e-7), record(loss=1e-7, outputs=0.1)]
    assert compare(two, two[::-1], GATE)[0].verdict == "same", "in another order"
    (better,) = compare([record(outputs=0.5, curve=1e-2)], [base], GATE)
    assert (better.verdict, better.reason) == (
        "improved",
        "differs from the float64 reference: curve",
    )


def losses(*values: float | None) -> list[Trained]:
    """Return a run for each test loss."""
    return [build_record(seed=seed, test={"loss": value}) for seed, value in enumerate(values)]


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ((None, 0.3, 0.3), (None, None, None), "regressed"),
        ((None, 0.3, 0.31), (None, 0.3, 0.31), "same"),
        ((None, None), (0.3, 0.3), "not comparable"),
    ],
)
def test_losses_that_are_not_finite(
    before: tuple[float | None, ...], after: tuple[float | None, ...], verdict: str
) -> None:
    found = [f for f in compare(losses(*before), losses(*after), GATE) if f.metric == "loss"]
    assert [finding.verdict for finding in found] == [verdict]


def test_a_metric_that_nobody_has_is_passed_over() -> None:
    found = compare(losses(None, None), losses(None, None), GATE)
    assert "loss" not in {finding.metric for finding in found}


@pytest.mark.parametrize(
    ("failed_before", "verdict"), [(True, "not comparable"), (False, "failed")]
)
def test_a_seed_that_failed_before_fails_nothing(failed_before: bool, verdict: str) -> None:
    failure = build_failed(seed=1, reason="out of memory")
    fine = [build_record(seed=seed) for seed in (0, 2)]
    second: Record = failure if failed_before else build_record(seed=1)
    base = [*fine, second]
    found = compare(base, [*fine, failure], GATE)
    assert [f.verdict for f in found if f.metric is None] == [verdict]


def test_half_a_point_in_float32_is_half_a_point() -> None:
    def accuracy(right: int) -> float:
        return float(np.float32(right / 10_000))

    for right in range(8000, 9000, 7):
        base, head = (
            [
                on_many(build_record(seed=s, test={"accuracy": accuracy(right + s - fewer)}))
                for s in range(3)
            ]
            for fewer in (0, 50)
        )
        (found,) = (f for f in compare(base, head, GATE) if f.metric == "accuracy")
        assert found.verdict == "regressed"


def test_new_versions_of_any_backend_are_what_one_compares() -> None:
    assert {n for each in BACKENDS for n in (*each.distributions, *each.compilers)} <= VERSIONS
