"""What tells how often duels are right: real pairs are kept, and drawn ones judged."""

import json
import math
import random
import re
import subprocess
import sys
from pathlib import Path
from statistics import fmean, variance

import pytest

from reports.schema.duel import Cell, Pair, load
from tests.builders import ROOT
from tools import duel_trials


def write(path: Path, changes: dict[str, float], spread: float = 0.01) -> Path:
    """Write sixty pairs of each cell, one of them void."""
    chance = random.Random(0)
    with path.open("w") as log:
        for cell, change in changes.items():
            for number in range(60):
                value = change + chance.gauss(0, spread) if number else None
                log.write(json.dumps({"cell": cell, "cpu": value, "wall": value}) + "\n")
    return path


def trials(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tools.duel_trials", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_pair_is_measured(tmp_path: Path) -> None:
    log = tmp_path / "pairs.jsonl"
    arguments = ("HEAD", ".", "--cells", "tabular_mlp:jax", "--pairs", "1", "--log", str(log))
    assert "1 of 1" in trials("measure", *arguments)
    (pair,) = map(json.loads, log.read_text().splitlines())
    assert pair["cell"] == "tabular_mlp:jax"
    assert pair["cpu"] is None or abs(pair["cpu"]) < 1
    assert pair.keys() == {"cell", *duel_trials.KEPT}


def test_what_is_changed_is_found_and_what_is_not_raises_no_alarm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(duel_trials, "COMPARISONS", 50)
    equal = write(tmp_path / "equal.jsonl", {"a": 0.0, "b": 0.0, "c": 0.0})
    slower = write(tmp_path / "slower.jsonl", {"a": 0.1, "b": 0.1, "c": 0.1})
    monkeypatch.setattr(sys, "argv", ["duel_trials", "table", str(equal), str(slower)])
    duel_trials.main()
    said = capsys.readouterr().out
    assert "equal sides: 0.0% (0.0% to 7.1%, 50 drawn) of comparisons alarm" in said
    for cell in "abc":
        assert f"{cell} alone changed: 100.0%" in said
        assert f"{cell:28}   59" in said, "void pairs are not among them"
    assert "all changed: 100.0%" in said


def test_the_published_spreads_are_those_of_the_pairs() -> None:
    page = (ROOT / "docs" / "gate.md").read_text().replace("\\_", "_").replace("−", "-")
    for log in sorted((ROOT / "docs" / "results" / "duels").glob("*.jsonl")):
        walls = duel_trials.read(log, "wall")
        for cell, cpu in duel_trials.read(log).items():
            network, _, backend = cell.partition(":")
            said = {"jax": "JAX", "tensorflow": "TensorFlow"}[backend]
            mean, *spreads = (
                100 * value
                for value in (fmean(cpu), duel_trials.spread(cpu), duel_trials.spread(walls[cell]))
            )
            row = rf"{network}, {said} \| {len(cpu)}[^|]* \| "
            row += rf"{mean:+.1f}, {spreads[0]:.1f} % \| {spreads[1]:.1f} %".replace("+", r"\+")
            assert re.search(row, page), row


def test_the_published_spreads_of_the_releases_are_those_of_their_duels() -> None:
    page = (ROOT / "docs" / "gate.md").read_text().replace("\\_", "_")
    cells: dict[tuple[str, str], list[Cell]] = {}
    for path in sorted((ROOT / "docs" / "results" / "versions").glob("*.json")):
        for cell in load(path).cells:
            cells.setdefault((cell.architecture, cell.backend), []).append(cell)
    assert len(cells) == 6
    for (network, backend), found in cells.items():
        sound = [[pair for pair in cell.pairs if pair.cpu is not None] for cell in found]
        void = sum(len(cell.pairs) for cell in found) - sum(map(len, sound))
        pairs = f"{sum(map(len, sound))}" + (f", {void} void" if void else "")
        name = {"jax": "JAX", "tensorflow": "TensorFlow"}[backend]
        spreads = " | ".join(f"{pooled(sound, clock):.1f} %" for clock in ("cpu", "wall"))
        assert f"| {network}, {name} | {len(found)} | {pairs} | {spreads} |" in page


def pooled(groups: list[list[Pair]], clock: str) -> float:
    """Return the standard deviation within groups, in percent."""
    squares = sum(
        (len(group) - 1) * variance([getattr(pair, clock) for pair in group]) for group in groups
    )
    return 100 * math.sqrt(squares / sum(len(group) - 1 for group in groups))
