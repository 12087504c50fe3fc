"""What tells how often advice is right: a network is raced and run, and winners are judged."""

import argparse
import json
import sys
from pathlib import Path

import pytest

from bench import backends
from bench.advise import race
from tests.builders import ROOT
from tools import advice_trials


def line(network: str, runs: dict[str, list[float]], *, settled: bool = True) -> str:
    names = list(runs)
    ratios = [None, *([1.2, 1.1, 1.3] for _ in names[1:])]
    found = {"network": network, "finalists": names, "ratios": ratios, "settled": settled}
    return json.dumps(found | {"runs": runs, "samples": 64, "generations": 3}) + "\n"


def test_a_network_is_raced_and_its_finalists_are_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"TURN_SECONDS": 0.02, "ROUNDS": 2, "SCREENING": 2, "FEWEST": 2}.items():
        monkeypatch.setattr(race, name, value)
    for name, ways in {"RACE_SECONDS": 0.0, "WAYS": ("default", "epoch"), "EPOCHS": 2}.items():
        monkeypatch.setattr(advice_trials, name, ways)
    log = tmp_path / "trials.jsonl"
    chosen = argparse.Namespace(networks="tabular_mlp", log=log, runs=1)
    advice_trials.measure(chosen)
    advice_trials.again(chosen)
    (found,) = map(json.loads, log.read_text().splitlines())
    assert found["network"] == "tabular_mlp"
    assert set(found["runs"]) == set(found["finalists"])
    assert {f"{backend}, default" for backend in backends.installed()} <= set(found["runs"])
    assert all(seconds > 0 for runs in found["runs"].values() for seconds in runs)
    assert {len(runs) for runs in found["runs"].values()} == {2}
    assert capsys.readouterr().out.startswith("tabular_mlp: ")


def test_a_winner_is_right_that_is_the_fastest_or_as_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "trials.jsonl"
    log.write_text(
        line("fastest", {"jax, epoch": [1.0], "jax, default": [1.5]})
        + line("as good", {"jax, epoch": [1.04], "jax, default": [1.0]}, settled=False)
        + line("wrong", {"jax, epoch": [1.2], "jax, default": [1.0]})
    )
    monkeypatch.setattr(sys, "argv", ["advice_trials", "table", str(log)])
    advice_trials.main()
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("fastest: right jax, epoch (settled); race: jax, epoch; jax, default")
    assert told[1].startswith("as good: right jax, epoch (open)")
    assert told[2].startswith("wrong: WRONG jax, epoch")
    assert told[3] == "| fastest | jax, epoch | yes | 1 | jax, plain fit 1.20; 1.50 |"
    assert told[6] == "2 of 3 winners are the fastest, or within 5 % of it"


def test_the_table_of_the_document_is_that_of_the_log() -> None:
    log = (ROOT / "docs/results/advice/trials.jsonl").read_text().splitlines()
    rows = "\n".join(advice_trials.row(json.loads(line)) for line in log)
    assert rows in (ROOT / "docs/own.md").read_text()
