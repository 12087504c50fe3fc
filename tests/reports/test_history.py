"""Every run that a folder remembers, as the command lists it."""

import json
from pathlib import Path

import pytest

from bench.store import Store
from reports.__main__ import main
from tests.builders import ROOT, build_failed, build_fitted, build_predicted, build_record, replace


@pytest.fixture
def results(tmp_path: Path) -> Path:
    store = Store(tmp_path / "results")
    first = build_record(weights="sha256:" + "a" * 64)
    older = replace(
        first,
        started_at="2025-10-01T12:00:00.000+00:00",
        environment=replace(
            first.environment,
            packages={**first.environment.packages, "keras": "3.12.4"},
            commit="b" * 40,
            dirty=True,
        ),
    )
    failed = build_failed(started_at="2026-11-24T12:00:00.000+00:00", reason="no memory")
    for record in (older, first, build_fitted(), failed):
        store.write(record)
    return store.folder


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    assert main(["history", *arguments, "--json"]) == 0
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return found


def test_every_run_is_a_line(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", str(results)]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert len(lines) == 5
    assert "keras 3.12.4" in lines[1]
    assert "bbbbbbbbbb+" in lines[1]
    assert "aaaaaaaaaaaa" in lines[1]
    assert said.err == "4 of 4 runs\n"


def test_what_is_asked_for_is_listed(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(results)
    everything = listed(capsys, folder)
    assert len(everything) == 4
    assert everything[-1]["reason"] == "no memory"
    older = listed(capsys, folder, "--version", "Keras<3.13")
    assert older == everything[:1]
    assert listed(capsys, folder, "--version", "keras<3.13", "--version", "jax<0.1") == []
    assert listed(capsys, folder, "--until", "2025-10-01") == older
    assert listed(capsys, folder, "--since", "2025-10-02") == everything[1:]
    assert len(listed(capsys, folder, "--networks", "tabular_mlp", "--backends", "jax")) >= 2
    assert listed(capsys, folder, "--networks", "tabular_cnn") == []
    metrics = everything[0]["metrics"]
    assert isinstance(metrics, dict)
    assert {"accuracy", "epoch_seconds", "peak_memory_megabytes"} <= metrics.keys()


def test_runs_of_another_machine_are_put_in_once(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published = ROOT / "docs" / "results" / "records"
    there = len(list(published.glob("*.json")))
    for _ in range(2):
        assert main(["history", str(results), "--add", str(published)]) == 0
        said = capsys.readouterr().err
        assert f"added {there} runs" in said
        assert f"{there + 4} of {there + 4} runs" in said
    empty = tmp_path / "empty"
    assert main(["history", str(empty), "--add", str(published)]) == 0
    assert f"{there} of {there} runs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--version", "keras=>3"], "expected a package and a range, keras>=3.13"),
        (["--add", "nowhere"], "nowhere: "),
    ],
)
def test_what_cannot_be_is_one_line(
    results: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["history", str(results), *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_damaged_run_is_named_and_left_out(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = sorted((results / "history").iterdir())[0]
    damaged.write_bytes(damaged.read_bytes()[:-20])
    assert main(["history", str(results)]) == 0
    error = capsys.readouterr().err
    assert damaged.name in error
    assert "3 of 3 runs" in error


def test_what_only_predicts_is_listed_with_its_times(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(tmp_path / "results")
    store.write(build_predicted())
    (run,) = listed(capsys, str(store.folder))
    metrics = run["metrics"]
    assert isinstance(metrics, dict)
    assert metrics["latency_milliseconds"] > 0


def test_a_day_that_no_month_has_is_no_record(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = results.glob("naive_bayes*.json")
    path.write_text(path.read_text().replace("2026-01-02T", "2026-02-30T"))
    assert main(["history", str(results), "--since", "2026-01-01"]) == 0
    assert "its start is no moment: 2026-02-30T" in capsys.readouterr().err
