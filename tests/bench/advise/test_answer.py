"""Advice: what a race says, in numbers that are known, and in words."""

import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from scipy import stats

from bench.advise import answer
from bench.advise.entrant import Entrant, devices, levels, ratios
from bench.advise.race import Result, _hopeful
from reports.__main__ import main
from reports.schema.advice import Advice, Agreement, Way
from reports.schema.check import Check
from reports.tables import advice as text
from tests.builders import build_compared, build_failed, planned


def entrant(backend: str, execution: str, *seconds: float) -> Entrant:
    """Return one whose turns took so long, in two generations that differ by a tenth."""
    (experiment,) = planned(
        profile="smoke", networks=["tabular_mlp"], backends=[backend], executions=[execution]
    )
    rounds = [list(seconds), [1.1 * s for s in seconds]]
    return Entrant(experiment=experiment, rounds=rounds, first_seconds=[seconds[0] + 2.0])


SLOW = entrant("jax", "default", 2.0, 4.0, 2.0)
FAST = entrant("jax", "epoch", 1.0, 2.0, 1.01)
OTHER = entrant("tensorflow", "default", 6.0, 12.0, 6.0)


def result(*finalists: Entrant, others: tuple[Entrant, ...] = (), settled: bool = True) -> Result:
    found = levels(finalists, 2)
    return Result(
        entrants=(*finalists, *others),
        finalists=finalists,
        generations=2,
        samples=512,
        ratios=ratios(found, looks=1),
        settled=settled,
    )


def advice(found: Result, *compared: Any, **changes: Any) -> Advice:
    made = answer.advice(
        SLOW.experiment,
        found,
        compared,
        network=None,
        peak=None,
        machine="a machine, 2 cores",
        cores=2,
        packages={"keras": "3.15.1"},
        remarks=(),
        started_at="2026-01-02T03:04:05.000+00:00",
    )
    return msgspec.structs.replace(made, **changes)


def test_what_is_common_to_a_round_cancels() -> None:
    found = levels((SLOW, FAST), 2)
    apart = [slow - fast for slow, fast in zip(found[SLOW.name], found[FAST.name], strict=True)]
    assert apart == pytest.approx([math.log(2), math.log(2)], abs=1e-9)


def test_a_ratio_has_an_interval_about_it_that_grows_with_the_looks() -> None:
    noisy = {"a": [0.0, 0.1, 0.05, 0.02], "b": [0.7, 0.6, 0.75, 0.68], "c": [0.05, 0.0, 0.1, 0.0]}
    once, often = ratios(noisy, looks=1), ratios(noisy, looks=11)
    assert once["b", "a"].estimate == pytest.approx(math.exp(0.64), rel=1e-6)
    assert once["a", "b"].estimate == pytest.approx(math.exp(-0.64), rel=1e-6)
    assert 1 < once["b", "a"].low < once["b", "a"].estimate < once["b", "a"].high
    assert once["c", "a"].low < 1 < once["c", "a"].high
    assert often["b", "a"].low < once["b", "a"].low
    assert often["b", "a"].high > once["b", "a"].high
    assert ratios({"a": [0.0, 0.1]}, looks=1) == {}


def test_what_is_common_to_a_generation_takes_no_part_in_an_interval() -> None:
    steady = {"a": [0.0, 0.01, 0.02], "b": [0.7, 0.72, 0.71]}
    drifting = {name: [v + n for n, v in enumerate(values)] for name, values in steady.items()}
    one, other = (ratios(values, looks=1)["b", "a"] for values in (steady, drifting))
    assert (one.low, one.high) == pytest.approx((other.low, other.high))
    # For two ways it is the t interval of their differences, by generation.
    differences = [0.7, 0.71, 0.69]
    exact = stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    assert (one.low, one.high) == pytest.approx((math.exp(exact.low), math.exp(exact.high)))


def test_the_fastest_is_named_with_what_it_saves() -> None:
    told = text.text(advice(result(FAST, SLOW, OTHER)))
    assert "Use jax, epoch: 2.00 times as fast as plain fit there" in told
    assert "tensorflow, plain fit takes 6.00 times" in told
    assert "one program loops over the train steps" in told


def test_where_nothing_is_told_apart_plain_fit_is_enough() -> None:
    alike = entrant("jax", "step", 1.99, 3.99, 2.0)
    found = advice(result(alike, SLOW))
    ways = [
        msgspec.structs.replace(way, over_fastest=(1.01, 0.95, 1.07) if n else None)
        for n, way in enumerate(found.ways)
    ]
    told = text.text(msgspec.structs.replace(found, ways=tuple(ways), settled=False))
    assert "Use jax, plain fit: nothing is surely faster (jax, step came in first" in told
    assert "Not settled after 2 fresh processes of each" in told


def test_a_ratio_names_the_way_that_it_is_over() -> None:
    """Where plain fit is recommended though another way came in first, it is not over plain fit."""
    first, near = entrant("jax", "step", 1.0, 2.0, 1.0), SLOW
    also = entrant("jax", "epoch", 1.02, 2.04, 1.02)
    found = advice(result(first, near, also, OTHER))
    ratios = (None, (1.01, 0.95, 1.07), (1.02, 0.96, 1.08), (6.0, 5.0, 7.0))
    ways = [
        msgspec.structs.replace(way, over_fastest=each)
        for way, each in zip(found.ways, ratios, strict=True)
    ]
    told = text.text(msgspec.structs.replace(found, ways=tuple(ways)))
    assert "Use jax, plain fit: nothing is surely faster" in told
    assert "Not told apart from jax, step: jax, epoch." in told
    assert "tensorflow, plain fit takes 6.00 times (5.00 to 7.00) that of jax, step." in told


def test_what_compiles_longer_is_earned_after_so_many_samples() -> None:
    late = entrant("jax", "epoch", 1.0, 2.0, 1.0)
    late.first_seconds[:] = [12.0]
    told = text.text(advice(result(late, SLOW)))
    # A turn of 512 saves 1.05 s, geometric mean over two generations, and costs 9 s more at first.
    assert "jax, epoch compiles 9.0 s longer than jax, plain fit: earned after some 4,608" in told


def test_a_way_that_failed_is_left_out_with_its_reason() -> None:
    broken = entrant("tensorflow", "epoch", 1.0)
    broken.rounds.clear()
    broken.failure = "net.py, line 2: no"
    told = text.text(advice(result(FAST, SLOW, others=(broken,))))
    assert "Left out: tensorflow, epoch: net.py, line 2: no" in told
    nothing = Result(
        entrants=(broken,), finalists=(), generations=0, samples=0, ratios={}, settled=False
    )
    found = advice(nothing)
    assert "Nothing could be measured" in text.text(found)


def test_what_backends_compute_on_is_told_where_it_is_not_the_cpu() -> None:
    jax, tensorflow = entrant("jax", "default", 1.0), entrant("tensorflow", "default", 1.0)
    assert devices([jax, tensorflow]) == ()
    jax.device = tensorflow.device = "cpu"
    assert devices([jax, tensorflow]) == ()
    jax.device = "NVIDIA H100"
    assert devices([jax, tensorflow]) == (
        "not all was computed by the CPU: jax on NVIDIA H100, tensorflow on cpu",
    )


def check(quantity: Any, error: float | None, tensor: str | None = None) -> Check:
    return Check(quantity=quantity, tensor=tensor, error=error, bound=1e-5)


def test_agreement_is_told_in_digits_and_by_the_first_layer() -> None:
    checks = (
        check("outputs", 3e-3),
        check("layer", 0.0, "dense"),
        check("layer", 2e-3, "pool"),
        check("layer", None, "head"),
    )
    found = advice(result(FAST, SLOW), build_compared(checks), build_failed(reason="too big"))
    same, lost = found.agreement
    assert (same.equal, same.first_layer, same.worst) == (
        False,
        "pool",
        {"outputs": 3e-3, "layer": None},
    )
    assert lost.failure == "too big"
    told = text.text(found)
    assert "DIFFERENT (digits: outputs 2, layers none; first in the layer pool)" in told
    assert "could not be compared: too big" in told


def test_the_limit_is_a_share_of_the_matrix_product() -> None:
    (way,) = advice(result(FAST)).ways
    steps = 512 / SLOW.experiment.batch_size
    assert way.seconds
    flops = round(0.25 * 1e9 * way.seconds / steps)
    told = text.text(advice(result(FAST), step_flops=flops, peak_flops_per_second=1e9, ways=(way,)))
    assert "25.0% of what this machine's matrix product reaches." in told


def test_answers_make_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "other"):
        found = advice(result(FAST, SLOW), network=name)
        (tmp_path / f"{name}.json").write_bytes(msgspec.json.encode(found))
    files = [str(tmp_path / "one.json"), str(tmp_path / "other.json")]
    assert main(["advice", *files, "-o", str(tmp_path)]) == 0
    written = (tmp_path / "advice.md").read_text()
    assert written.count("## one on miniboone") == written.count("## other on miniboone") == 1
    assert "| jax | epoch | 1" in written
    assert main(["advice", *files, "-o", str(tmp_path), "--check"]) == 0
    (tmp_path / "one.json").write_text("{}")
    assert main(["advice", *files, "-o", str(tmp_path), "--check"]) == 2
    assert "one.json: no advice of this suite" in capsys.readouterr().err


def test_the_answer_can_be_written_and_read() -> None:
    found = advice(result(FAST, SLOW), build_compared((check("outputs", 0.0),)))
    assert msgspec.json.decode(msgspec.json.encode(found), type=Advice) == found
    assert isinstance(found.ways[0], Way)
    assert isinstance(found.agreement[0], Agreement)


def test_who_is_far_behind_takes_no_second_turn_of_a_screening() -> None:
    near, far = entrant("jax", "multistep", 1.9), entrant("tensorflow", "jit", 3.2)
    assert _hopeful([FAST, near, far], [FAST, near, far]) == [FAST, near]
    assert _hopeful([far], [far]) == [far]
    assert _hopeful([far], [FAST, far]) == [], "nor where the other backend's are far ahead"
    assert _hopeful([], []) == []
