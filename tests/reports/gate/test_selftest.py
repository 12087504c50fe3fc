"""The gate against simulated truth; CONTRIBUTING tells how to do it with real measurements."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reports import __main__ as command
from reports.gate import limits, selftest
from reports.schema.record import Trained, encode
from reports.tables.table import Table
from tests.builders import build_record, on_many, replace

GATE = limits.read()


def session(
    random: np.random.Generator, start: int, *, seeds: int = 5, noise: float = 0.02
) -> list[Trained]:
    """Return one run of unchanged code: run medians and single epochs vary, some are far off."""
    return [run(random, start, seed, noise) for seed in range(seeds)]


def run(random: np.random.Generator, start: int, seed: int, noise: float) -> Trained:
    model = on_many(build_record())
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


def rows(table: Table) -> dict[str, dict[str, Any]]:
    """Return the rows of a table by their first column."""
    first, *others = table.frame.columns
    return {
        str(row[first]): {name: row[name] for name in others} for _, row in table.frame.iterrows()
    }


def test_alarms_are_counted_by_whole_comparisons(sessions: list[list[Trained]]) -> None:
    counts = rows(selftest.alarms(sessions, GATE))
    assert counts["time"]["comparisons"] == 30  # no session counts twice
    assert "quality" not in counts  # equal to the last bit: they cannot alarm
    assert counts["time"]["with an alarm"] <= 2
    assert counts["time"]["95 %"].endswith("%")
    assert not selftest.too_many(sessions, GATE)
    assert rows(selftest.verdicts(sessions, GATE))["epoch_seconds"]["cells"] == 30


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
    nothing = {"epoch_seconds": limits.Effect(relative=0.0, absolute=0.0)}
    eager = replace(GATE, error=1.0, effects=nothing)
    counts = rows(selftest.alarms(sessions, eager))
    assert 10 <= counts["time"]["with an alarm"] <= 20  # every second one, by chance
    assert selftest.too_many(sessions, Believing(**as_fields(GATE, nothing)))


class Believing(limits.Gate):
    """Holds every interval for half as sure as it says."""

    def confidence(self, questions: int) -> float:
        return 0.5


def as_fields(gate: limits.Gate, effects: dict[str, limits.Effect]) -> dict[str, Any]:
    return {"error": gate.error, "tolerated": 0.0, "gross": gate.gross, "effects": effects}


def test_disturbed_runs_do_not_count() -> None:
    random = np.random.default_rng(0)
    quiet, loud = session(random, 0), [slow_and_busy(r) for r in session(random, 1)]
    counts = rows(selftest.verdicts([quiet, loud], GATE))
    assert counts["epoch_seconds"]["disturbed"] == 1
    assert counts["epoch_seconds"]["changed"] == 0


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
            steady = record.durations.epoch_seconds[:2]
            record = replace(record, durations=replace(record.durations, epoch_seconds=steady))
            (tmp_path / name / f"{record.id}.json").write_bytes(encode(record))
    folders = [str(tmp_path / "one"), str(tmp_path / "two")]
    assert command.main(["selftest", *folders]) == 0
    printed = capsys.readouterr().out
    assert "Whole comparisons of unchanged code" in printed
    assert "epochs 20% longer" in printed
    assert command.main(["selftest", folders[0]]) == 2
