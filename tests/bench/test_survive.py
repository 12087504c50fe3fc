"""Signals, disks and neighbours: what is finished stays, what is lost is said."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bench.plugin import UNDECIDED
from reports import __main__ as reports
from reports.load import load
from reports.schema.record import Failed, Trained
from tests.builders import ROOT, read, suite_command
from tests.conftest import Suite

EPOCHS = "120"
"""Long enough to be hit in the middle."""
THREE = (
    *("--networks", "tabular_mlp,tabular_mlpx,tabular_cnn", "--backends", "jax"),
    *("--samples", "512"),
)
ONE = ("--networks", "tabular_mlp", "--backends", "jax", "--epochs", "2", "--samples", "256")


@pytest.fixture
def running(tmp_path: Path) -> "subprocess.Popen[str]":
    """Start three experiments, the second of which lasts long enough to be hit."""
    as_under_nohup = (
        "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
        "signal.signal(signal.SIGINT, signal.SIG_DFL); "  # background jobs of a shell ignore it
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    command = [*suite_command(tmp_path), *THREE, "--epochs", EPOCHS]
    return subprocess.Popen(
        [sys.executable, "-c", as_under_nohup, *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def second_experiment(process: "subprocess.Popen[str]", folder: Path) -> psutil.Process:
    """Wait for the first record, then for the process of the second experiment."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if list((folder / "records").glob("*tabular_mlp-*.json")):
            for worker in psutil.Process(process.pid).children():
                for child in worker.children():
                    return child
        time.sleep(0.005)
    raise AssertionError("the second experiment never started")


def test_a_killed_worker_fails_its_experiment_only(
    running: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    child = second_experiment(running, tmp_path)
    running.send_signal(signal.SIGHUP)  # the user has logged out
    child.kill()
    output, _ = running.communicate(timeout=300)
    assert running.returncode == 1, output
    assert "FAILED: the worker was killed by SIGKILL" in output
    records = load([tmp_path / "out.json"]).records
    assert {record.architecture: type(record) for record in records} == {
        "tabular_mlp": Trained,
        "tabular_mlpx": Failed,
        "tabular_cnn": Trained,
    }
    reports.main(["render", str(tmp_path / "out.json"), "-o", str(tmp_path / "report")])
    report = (tmp_path / "report" / "report.md").read_text()
    assert rf"tabular\_mlpx-miniboone-jax-s0 | smoke, {EPOCHS} epochs, 512 samples | " in report
    assert "| the worker was killed by SIGKILL" in report
    assert re.search(rf"tabular\\_cnn \| jax \| 1 \| {EPOCHS} \| 0\.\d{{4}}", report)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_run_leaves_finished_records_and_goes_on(
    running: "subprocess.Popen[str]", tmp_path: Path, number: signal.Signals, inline_suite: Suite
) -> None:
    child = second_experiment(running, tmp_path)
    family = psutil.Process(running.pid).children(recursive=True)
    os.kill(running.pid, number)
    if number == signal.SIGTERM:  # it ends as by Ctrl-C, of which a second one may come
        time.sleep(0.2)
        with contextlib.suppress(ProcessLookupError):
            os.kill(running.pid, signal.SIGINT)
    output, _ = running.communicate(timeout=180)
    _, alive = psutil.wait_procs([*family, child], timeout=60)
    assert not alive
    (record,) = read(tmp_path / "records")
    assert record.architecture == "tabular_mlp"
    if number != signal.SIGKILL:  # an orderly end
        assert running.returncode == 2
        assert "Traceback" not in output
        assert "2 of 3 experiments were not finished" in output
        assert "--resume goes on from there" in output
        assert load([tmp_path / "out.json"]).records == (record,)
    command = ["render", str(tmp_path / "records"), "-o", str(tmp_path / "report")]
    assert reports.main(command) == 0

    done = inline_suite(*THREE, "--epochs", EPOCHS, "--resume")
    assert done.returncode == 0, done.stdout
    assert f"reused {record.id}" in done.stdout
    assert re.search(r"to run tabular_mlpx-\S+: was not (run|finished)", done.stdout)
    assert "to run tabular_cnn-miniboone-jax-s0: was not run" in done.stdout
    assert "[1/2] tabular_mlpx" in done.stdout
    assert record in load([tmp_path / "out.json"]).records
    assert len(load([tmp_path / "out.json"]).records) == 3
    assert not list((tmp_path / "records" / "checkpoints").glob("*.npz"))


def test_only_failures_are_run_again(
    running: "subprocess.Popen[str]", tmp_path: Path, inline_suite: Suite
) -> None:
    second_experiment(running, tmp_path).kill()
    running.communicate(timeout=300)
    done = inline_suite(*THREE, "--epochs", EPOCHS, "--rerun-failed")
    assert done.returncode == 0, done.stdout
    assert "[1/1] tabular_mlpx-miniboone-jax-s0  accuracy" in done.stdout
    assert "6 deselected" in done.stdout
    assert len(read(tmp_path / "records")) == 3
    nothing = inline_suite(*THREE, "--rerun-failed")
    assert nothing.returncode == pytest.ExitCode.NO_TESTS_COLLECTED


def test_resume_says_why_it_does_not_reuse(inline_suite: Suite, tmp_path: Path) -> None:
    assert inline_suite(*ONE).returncode == 0
    other = inline_suite(*ONE, "--resume", "--batch-size", "64")
    assert "to run tabular_mlp-miniboone-jax-s0: batch_size was 256 and is 64" in other.stdout
    assert "reused" not in other.stdout
    (path,) = (p for p in (tmp_path / "records").glob("*.json") if b':256,"opt' in p.read_bytes())
    path.write_bytes(path.read_bytes()[:200])
    torn = inline_suite(*ONE, "--resume")
    assert "to run tabular_mlp-miniboone-jax-s0: batch_size was 64 and is 256" in torn.stdout
    assert torn.returncode == 0
    assert "reused tabular_mlp-miniboone-jax-s0" in inline_suite(*ONE, "--resume").stdout


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 128 kB where the suite keeps its records."""
    folder = tmp_path / "records"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_loses_no_result(small_disk: Path, inline_suite: Suite, tmp_path: Path) -> None:
    (small_disk / "filler").write_bytes(b"x" * (124 * 1024))
    done = inline_suite(*ONE)
    assert done.returncode == 1, done.stdout
    assert "NOT SAVED" in done.stdout
    assert "No space left on device" in done.stdout
    assert "Traceback" not in done.stdout
    assert len(read(tmp_path / "out.json")) == 1  # the JSON, elsewhere, has it
    assert [path.name for path in small_disk.rglob("*") if path.is_file()] == ["filler"]


def test_a_read_only_folder_is_found_out_first(small_disk: Path, inline_suite: Suite) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    done = inline_suite(*ONE)
    assert done.returncode == 4
    assert done.stderr.strip() == (
        f"ERROR: --results-dir {small_disk}: Read-only file system; name a folder that can be "
        "written"
    )
    assert "accuracy" not in done.stdout


def test_two_runs_may_share_a_folder(tmp_path: Path) -> None:
    command = [*suite_command(tmp_path)[:-2], *ONE]
    both = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    outputs = [process.communicate(timeout=300)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert len(read(tmp_path / "records")) == 1
    assert not load([tmp_path / "records"]).skipped
    assert not list((tmp_path / "records").glob("*.partial"))


def test_a_baseline_fails_the_run_that_is_worse(inline_suite: Suite, tmp_path: Path) -> None:
    assert inline_suite(*ONE).returncode == 0
    base = tmp_path / "base.json"
    (tmp_path / "out.json").rename(base)
    again = inline_suite(*ONE, "--baseline", str(base))
    assert again.returncode in (0, UNDECIDED), again.stdout  # by what runs beside this test
    assert "compared with" in again.stdout
    assert "regressed" not in again.stdout
    content = json.loads(base.read_text())
    for entry in content["benchmarks"]:
        entry["extra_info"]["environment"]["other_load"] = 1.0
    base.write_text(json.dumps(content))
    assert inline_suite(*ONE, "--baseline", str(base)).returncode == UNDECIDED
    for entry in content["benchmarks"]:
        entry["extra_info"]["test"]["accuracy"] += 0.3  # as if it had been better
    base.write_text(json.dumps(content))
    worse = inline_suite(*ONE, "--baseline", str(base))
    assert worse.returncode == 1
    assert re.search(r"regressed +tabular_mlp-miniboone-jax", worse.stdout)
    missing = inline_suite(*ONE, "--baseline", str(tmp_path / "none.json"))
    assert missing.returncode == 4
    assert missing.stderr.startswith("ERROR: ")
