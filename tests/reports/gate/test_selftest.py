"""The gate against simulated truth; CONTRIBUTING tells how to do it with real measurements."""

from pathlib import Path

import numpy as np
import pytest

from reports import __main__ as command
from reports.gate import limits as gate
from reports.gate import selftest
from reports.schema.record import Trained, encode
from tests.builders import build_record, replace

GATE = gate.read()


def session(
    random: np.random.Generator, start: int, *, seeds: int = 5, noise: float = 0.02
) -> list[Trained]:
    """Return one run of unchanged code: run medians and single epochs vary, some are far off."""
    return [run(random, start, seed, noise) for seed in range(seeds)]


def run(random: np.random.Generator, start: int, seed: int, noise: float) -> Trained:
    model = build_record()
    level = float(np.exp(random.normal(0, noise)))
    epochs = 0.5 * level * np.exp(random.normal(0, 0.05, 9))
    epochs[random.random(9) < 0.1] *= 3  # a few slow ones
    accuracy = 0.9 + 0.003 * float(np.random.default_rng(seed).normal())
    return replace(
        model,
        id=f"tabular_mlp-miniboone-jax-s{seed}",
        seed=seed,
        started_at=f"2026-01-02T03:{start:02}:{seed:02}.000+00:00",
        provenance={"seed": seed},
        test={"accuracy": accuracy},
        durations=replace(model.durations, epoch_seconds=tuple(epochs.tolist())),
    )


@pytest.fixture(scope="module")
def sessions() -> list[list[Trained]]:
    random = np.random.default_rng(0)
    return [session(random, start % 60, seeds=20 if start == 0 else 3) for start in range(60)]


def alarms(sessions: list[list[Trained]], limits: gate.Gate) -> dict[str, dict[str, int]]:
    rows = selftest.false_alarms(sessions, limits).frame.to_dict("records")
    return {str(row["metric"]): {str(k): v for k, v in row.items()} for row in rows}


def test_false_alarms_are_rarer_than_one_in_a_hundred(sessions: list[list[Trained]]) -> None:
    counts = alarms(sessions, GATE)
    assert counts["epoch_seconds"]["cells"] == 59
    assert counts["all"]["false alarms"] <= 0.01 * counts["all"]["cells"]


def test_changes_are_found(sessions: list[list[Trained]]) -> None:
    rows = selftest.power(sessions, GATE).frame.to_dict("records")
    found = {
        (str(row["change"]), int(row["runs"])): float(str(row["found"]).partition("%")[0])
        for row in rows
    }
    assert found["epochs 50% longer", 3] > 90
    assert found["epochs 20% longer", 6] > 90
    assert found["epochs 20% longer", 3] < found["epochs 20% longer", 6]
    assert found["epochs as they were", 3] <= 2
    assert found["accuracy 1 points lower, equal numerics", 3] == 100
    assert found["accuracy 2 points lower, other numerics", 5] == 100
    assert found["accuracy 0.5 points lower, other numerics", 5] < 100
    assert found["accuracy 0 points lower, other numerics", 5] == 0


def test_a_gate_that_believes_noise_is_found_out(sessions: list[list[Trained]]) -> None:
    eager = replace(
        GATE, confidence=0.5, limits={"epoch_seconds": gate.Limit(relative=0.0, absolute=0.0)}
    )
    counts = alarms(sessions, eager)
    assert counts["all"]["false alarms"] > 0.2 * counts["all"]["cells"]


def test_jobs_that_fail_by_chance_are_counted(sessions: list[list[Trained]]) -> None:
    eager = replace(
        GATE, confidence=0.5, limits={"epoch_seconds": gate.Limit(relative=0.0, absolute=0.0)}
    )
    every, quality = selftest.failing(sessions, eager).frame.to_dict("records")
    assert every["comparisons"] == 59
    assert 10 < every["exit status 1"] < 30  # one side or the other is slower in more than half
    assert quality["exit status 1"] == 0


def test_disturbed_runs_do_not_count() -> None:
    random = np.random.default_rng(0)
    quiet, loud = session(random, 0), [slow_and_busy(r) for r in session(random, 1)]
    counts = alarms([quiet, loud], GATE)
    assert counts["epoch_seconds"]["insufficient data"] == 1
    assert counts["all"]["false alarms"] == 0


def slow_and_busy(record: Trained) -> Trained:
    epochs = tuple(2 * seconds for seconds in record.durations.epoch_seconds)
    return replace(
        record,
        durations=replace(record.durations, epoch_seconds=epochs),
        environment=replace(record.environment, other_load=1.0),
    )


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(0)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        for record in session(random, 0):
            (tmp_path / name / f"{record.id}.json").write_bytes(encode(record))
    folders = [str(tmp_path / "one"), str(tmp_path / "two")]
    assert command.main(["selftest", *folders]) == 0
    printed = capsys.readouterr().out
    assert "False alarms" in printed
    assert "epochs 20% longer" in printed
    assert "compare --advisory time" in printed
    assert command.main(["selftest", folders[0]]) == 2
