"""Releases of the frameworks, measured by the command as it is typed."""

import importlib.metadata
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench import backends
from bench.__main__ import main
from bench.machine import described
from bench.versions import lacking
from reports.schema import duel
from tests.builders import ROOT, tiny

INSTALLED = f"keras=={importlib.metadata.version('keras')}"
SMALL = ("--networks", "tabular_mlp", "--backends", "jax")


def command(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "bench", "versions", *SMALL, "-o", str(folder), *arguments]


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(folder, *arguments), cwd=ROOT, capture_output=True, text=True, timeout=300
    )


def pairs_in(folder: Path) -> int:
    log = folder / "pairs.jsonl"
    return log.read_text().count('"training"') if log.exists() else 0


def test_what_was_stopped_goes_on_and_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    running = subprocess.Popen(
        command(tmp_path, "--releases", INSTALLED), cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 300
    while not pairs_in(tmp_path) and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    output, _ = running.communicate(timeout=180)
    assert running.returncode == 3, output
    assert "1 releases, 6 pairs or more: about 2 minutes" in output
    path = tmp_path / f"{INSTALLED.replace('==', '-')}.json"
    assert not path.exists()
    kept = pairs_in(tmp_path)
    again = run(tmp_path, "--releases", INSTALLED, "--minutes", "0.001")
    assert again.returncode == 0, again.stderr
    assert f"goes on after {kept} pairs" in again.stdout
    found = duel.load(path)
    (cell,) = found.cells
    assert found.base == INSTALLED
    assert len(cell.pairs) == pairs_in(tmp_path)
    assert cell.sides
    assert cell.sides[0] == cell.sides[1]
    third = run(tmp_path, "--releases", INSTALLED)
    assert third.stdout == f"1 of 1 releases are in {tmp_path}\n"


def test_what_cannot_be_installed_is_a_result_with_its_reason(tmp_path: Path) -> None:
    environment = {**os.environ, "PIP_NO_INDEX": "1", "BENCH_CACHE_DIR": str(tmp_path / "cache")}
    wanted = command(tmp_path / "out", "--releases", "keras==0.0.1")
    for said in ("keras==0.0.1: cannot be installed", "1 of 1 releases are in"):
        done = subprocess.run(
            wanted, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        assert said in done.stdout
    found = duel.load(tmp_path / "out" / "keras-0.0.1.json")
    assert not found.cells
    assert "cannot be installed" in (found.failure or "")


def test_what_a_package_index_does_not_answer_is_tried_again(tmp_path: Path) -> None:
    unreachable = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}
    environment = {**os.environ, **unreachable, "BENCH_CACHE_DIR": str(tmp_path / "cache")}
    wanted = command(tmp_path / "out", "--releases", "keras==0.0.1")
    for _ in range(2):
        done = subprocess.run(
            wanted, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 3, done.stderr
        assert "(a package index did not answer); to be tried again" in done.stdout
    assert not list((tmp_path / "out").glob("*.json"))


def test_a_failure_counts_for_this_machine_and_what_is_installed(tmp_path: Path) -> None:
    path, wanted = tmp_path / "jax-0.1.json", [tiny("tabular_mlp", "jax")]
    here = backends.packages("jax")
    for installed, machine, left in (
        (here, described(), 0),
        (here, "another", 1),
        ({**here, "keras": "3.0.0"}, described(), 1),
        ({**here, "jax": "0.0.1"}, described(), 1),
        ({}, described(), 1),
    ):
        found = result("jax==0.1", machine, failure="cannot be installed", installed=installed)
        path.write_bytes(msgspec.json.encode(found))
        assert len(lacking(path, wanted)) == left, (installed, machine)


def result(base: str, machine: str, **facts: Any) -> duel.Duel:
    return duel.Duel(
        started_at="2026-11-26T12:00:00.000+00:00",
        base=base,
        head=".",
        machine=machine,
        cores=1,
        commit=None,
        dirty=None,
        limit=0.1,
        **{"cells": (), **facts},
    )


def test_only_what_a_result_lacks_is_measured(tmp_path: Path) -> None:
    path = tmp_path / "keras-3.10.0.json"
    here = backends.packages("jax")
    machine = described()
    wanted = [tiny(name, "jax") for name in ("tabular_mlp", "tabular_rnn")]
    assert lacking(path, wanted) == tuple(wanted)
    for packages, measured_on, installed, left in (
        (here, machine, {}, 1),
        (here, machine, here, 1),
        ({**here, "keras": "3.12.0"}, machine, here, 1),  # the newest that fits, on both sides
        (here, machine, {**here, "keras": "3.15.0"}, 2),
        ({**here, "jax": "0.0.1"}, machine, {}, 2),
        ({**here, "keras": "0.0.1"}, machine, {}, 2),
        (None, machine, here, 1),
        (None, machine, {**here, "jax": "0.0.1"}, 2),
        (here, "another", here, 2),
    ):
        side = duel.Side(packages=packages or {}, weights=None, test={})
        cell = duel.Cell(
            architecture="tabular_mlp",
            dataset="miniboone",
            backend="jax",
            execution="default",
            precision="float32",
            failure=None if packages else "one side failed",
            numerics="equal, to the bit",
            sides=(side, side) if packages else None,
            pairs=(),
            seeds={},
        )
        found = result("keras==3.10.0", measured_on, cells=(cell,), installed=installed)
        path.write_bytes(msgspec.json.encode(found))
        assert lacking(path, wanted) == tuple(wanted[-left:])
    path.write_text("{")
    assert lacking(path, wanted) == tuple(wanted)


def test_networks_can_be_added_to_what_was_measured(tmp_path: Path) -> None:
    for networks in ("tabular_mlp", "tabular_mlp,tabular_mlpx"):
        done = run(tmp_path, "--releases", INSTALLED, "--minutes", "0.001", "--networks", networks)
        assert done.returncode == 0, done.stderr
    assert "1 releases, 6 pairs" in done.stdout
    found = duel.load(tmp_path / f"{INSTALLED.replace('==', '-')}.json")
    assert [cell.architecture for cell in found.cells] == ["tabular_mlp", "tabular_mlpx"]


def test_what_is_no_release_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["versions", "--releases", "torch==2.0"])
    assert ended.value.code == 2
    assert "torch==2.0 is no release of keras, jax, tensorflow" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_one_line() -> None:
    done = run(Path("/dev/null/x"), "--releases", INSTALLED)
    assert done.returncode == 2
    assert done.stderr.startswith("error: --output /dev/null/x: ")
    assert done.stderr.count("\n") == 1
