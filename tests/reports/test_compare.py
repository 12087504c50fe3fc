"""One test per verdict, and the command that gives them."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.backends import BACKENDS
from reports import __main__ as command
from reports import gate
from reports.compare import VERSIONS, Finding, compare, compared, regressed
from reports.record import Check, Record, encode
from reports.verdicts import markdown, text
from tests.conftest import build_record

GATE = gate.read()


def runs(n: int = 5, *, slower: float = 1.0, accuracy: float = 0.0, **changes: Any) -> list[Record]:
    """Return n seeds whose epochs and accuracies differ a little from seed to seed."""
    return [one(seed, slower=slower, accuracy=accuracy, **changes) for seed in range(n)]


def one(seed: int, *, slower: float, accuracy: float, **changes: Any) -> Record:
    record = build_record()
    assert record.durations
    wobble = 1 + 0.01 * ((seed * 7) % 5)
    return dataclasses.replace(
        record,
        id=f"tabular_mlp-miniboone-jax-s{seed}",
        seed=seed,
        started_at=f"2026-01-02T03:04:{seed:02}.000+00:00",
        facts={"epochs": 3, "seed": seed, "keras": "3.15.1", "data": "sha256:00ff"},
        test={"loss": 0.35, "accuracy": 0.83 + 0.002 * ((seed * 3) % 5) + accuracy},
        durations=dataclasses.replace(
            record.durations,
            epoch_seconds=tuple(s * slower * wobble for s in (0.2, 0.3, 0.4)),
        ),
        **changes,
    )


def verdicts(findings: tuple[Finding, ...]) -> dict[str | None, str]:
    return {finding.metric: finding.verdict for finding in findings}


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


def test_a_sure_change_below_the_limit_is_the_same() -> None:
    assert verdicts(compare(runs(), runs(accuracy=-0.004), GATE))["accuracy"] == "same"
    assert verdicts(compare(runs(), runs(slower=1.02), GATE))["epoch_seconds"] == "same"


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
    def shorter(seed: int, accuracy: float = 0) -> Record:
        record = one(seed, slower=1, accuracy=accuracy)
        return dataclasses.replace(record, overrides="2 epochs", facts={"epochs": 2, "seed": seed})

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
    assert only.reason
    assert "epochs was 3 and is 2" in only.reason


def test_noise_is_insufficient() -> None:
    noisy = [one(seed, slower=1 + seed * 0.8, accuracy=0) for seed in range(4)]
    assert verdicts(compare(runs(4), noisy, GATE))["epoch_seconds"] == "insufficient data"


def test_a_tiny_time_is_below_the_absolute_floor() -> None:
    findings = compare(runs(slower=0.01), runs(slower=0.015), GATE)
    assert verdicts(findings)["epoch_seconds"] == "same"


def test_missing_new_and_failed() -> None:
    assert verdicts(compare(runs(), [], GATE)) == {None: "missing"}
    assert verdicts(compare([], runs(), GATE)) == {None: "new"}
    assert not compared(compare([], runs(), GATE))
    failed = build_record(status="failed", reason="the worker was killed", environment=None)
    findings = compare(runs(), [*runs(3), failed], GATE)
    assert findings[0].verdict == "failed"
    assert findings[0].reason == "the worker was killed"
    assert regressed(findings, advisory=["time", "size", "quality"])
    still = compare([failed], [failed], GATE)
    assert verdicts(still) == {None: "not comparable"}
    assert not regressed(still)


def test_another_recipe_is_not_comparable() -> None:
    longer = [dataclasses.replace(r, facts={**(r.facts or {}), "epochs": 9}) for r in runs()]
    findings = compare(runs(), longer, GATE)
    assert verdicts(findings) == {None: "not comparable"}
    assert findings[0].reason == "epochs was 3 and is 9"
    assert not compared(findings)


def test_other_versions_are_what_is_compared() -> None:
    newer = [dataclasses.replace(r, facts={**(r.facts or {}), "keras": "3.15.2"}) for r in runs()]
    assert set(verdicts(compare(runs(), newer, GATE)).values()) == {"same"}


@pytest.mark.parametrize(
    "change", [{"cpu": "Other"}, {"cores": 1}, {"jit_compile": False}, {"variables": {"A": "1"}}]
)
def test_times_need_the_same_machine_and_settings(change: dict[str, Any]) -> None:
    environment = build_record().environment
    assert environment
    elsewhere = runs(slower=9, environment=dataclasses.replace(environment, **change))
    findings = verdicts(compare(runs(), elsewhere, GATE))
    assert findings["epoch_seconds"] == "not comparable"
    assert findings["accuracy"] == "same"


def test_the_base_of_the_same_machine_is_taken() -> None:
    environment = build_record().environment
    assert environment
    other = dataclasses.replace(environment, cpu="Other")
    base = [*runs(slower=3, environment=other), *runs()]
    assert verdicts(compare(base, runs(), GATE))["epoch_seconds"] == "same"


def test_a_loss_that_is_no_longer_finite_regressed() -> None:
    broken = [dataclasses.replace(r, test={"loss": None, "accuracy": 0.5}) for r in runs()]
    findings = {finding.metric: finding for finding in compare(runs(), broken, GATE)}
    assert findings["loss"].verdict == "regressed"
    assert findings["loss"].reason == "no longer a finite number"


def test_no_seed_in_common() -> None:
    other = [dataclasses.replace(record, seed=record.seed + 10) for record in runs()]
    assert verdicts(compare(runs(), other, GATE))["accuracy"] == "not comparable"


def folder(path: Path, records: list[Record]) -> str:
    path.mkdir()
    for number, record in enumerate(records):
        (path / f"{number}.json").write_bytes(encode(record))
    return str(path)


def test_exit_statuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base, slow = folder(tmp_path / "base", runs()), folder(tmp_path / "slow", runs(slower=1.5))
    other = folder(tmp_path / "other", runs(profile="quick"))
    assert command.main(["compare", base, base]) == 0
    assert command.main(["compare", base, slow]) == 1
    printed = capsys.readouterr().out
    assert "regressed" in printed
    assert "×1.50" in printed
    assert command.main(["compare", base, slow, "--advisory", "time"]) == 0
    assert command.main(["compare", base, slow, "--threshold", "epoch_seconds=60%"]) == 0
    assert command.main(["compare", base, other]) == 3
    assert command.main(["compare", base, str(tmp_path / "none")]) == 2
    for wrong in ("speed=1", "accuracy=much", "accuracy=-1", "accuracy=nan", "accuracy"):
        assert command.main(["compare", base, base, "--threshold", wrong]) == 2
        assert capsys.readouterr().err.startswith("error: ")


def test_markdown_for_a_pull_request(tmp_path: Path) -> None:
    base, slow = folder(tmp_path / "base", runs()), folder(tmp_path / "slow", runs(slower=1.5))
    comment = tmp_path / "comment.md"
    assert command.main(["compare", base, slow, "--markdown", str(comment)]) == 1
    written = comment.read_text()
    notable, _, folded = written.partition("<details>")
    assert "| regressed | tabular\\_mlp-miniboone-jax (smoke) | epoch \\[s\\]" in notable
    assert "same" not in notable.partition("|")[2]
    assert "| same |" in folded
    assert "99% confidence" in notable


def test_what_is_large_but_unsure_is_shown() -> None:
    unsure = compare(runs(2), runs(2, slower=1.3), GATE)
    assert "epoch [s]" in text(unsure)
    assert "loss" not in text(unsure)
    assert "loss" in text(unsure, whole=True)


def test_nothing_from_a_record_becomes_markup() -> None:
    hostile = build_record(status="failed", reason="<script>|x", environment=None)
    written = markdown(compare(runs(), [hostile], GATE), confidence=0.99)
    assert "<script>" not in written


def test_folders_from_json_too(tmp_path: Path, make_record: Callable[..., Record]) -> None:
    from reports.record import to_builtins

    path = tmp_path / "out.json"
    path.write_text(json.dumps({"benchmarks": [], "records": [to_builtins(r) for r in runs()]}))
    assert command.main(["compare", str(path), str(path)]) == 0


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (1e-7, 1e-7, "same"),
        (1e-7, 1e-3, "regressed"),
        (1e-7, None, "regressed"),
        (1e-3, 1e-7, "improved"),
        (1e-3, 1e-3, "same"),
    ],
)
def test_a_backend_that_no_longer_equals_the_reference_regressed(
    before: float, after: float | None, verdict: str
) -> None:
    base, head = (
        build_record(
            checks=(Check(quantity="outputs", tensor=None, error=error, bound=1e-5),),
            durations=None,
        )
        for error in (before, after)
    )
    (finding,) = compare([base], [head], GATE)
    assert finding.verdict == verdict
    assert regressed([finding]) == (verdict == "regressed")


def losses(*values: float | None) -> list[Record]:
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
    failure = build_record(seed=1, status="failed", reason="out of memory", durations=None)
    fine = [build_record(seed=seed) for seed in (0, 2)]
    base = [*fine, failure] if failed_before else [*fine, build_record(seed=1)]
    found = compare(base, [*fine, failure], GATE)
    assert [f.verdict for f in found if f.metric is None] == [verdict]


def test_half_a_point_in_float32_is_half_a_point() -> None:
    def accuracy(right: int) -> float:
        return float(np.float32(right / 10_000))

    for right in range(8000, 9000, 7):
        base = [build_record(seed=s, test={"accuracy": accuracy(right + s)}) for s in range(3)]
        head = [build_record(seed=s, test={"accuracy": accuracy(right + s - 50)}) for s in range(3)]
        (found,) = (f for f in compare(base, head, GATE) if f.metric == "accuracy")
        assert found.verdict == "regressed"


def test_new_versions_of_any_backend_are_what_one_compares() -> None:
    assert {name for backend in BACKENDS for name in backend.distributions} <= VERSIONS
