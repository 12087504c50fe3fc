"""Duels that come to no verdict: they end with a line, at once, and lose nothing."""

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.advise.entrant import Entrant
from bench.advise.race import Race
from bench.duel import command, sides
from bench.duel.against import LOG, Against
from bench.duel.contest import Contest, Outcome
from bench.executors.process import HERE, Runner
from bench.plan import plan
from bench.selection import Selection
from tests.bench.duel.test_report import arena_in
from tests.builders import ROOT, tiny

SMALL = ("--networks", "tabular_mlp", "--backends", "jax")
VARIABLE = "OMP_DYNAMIC"
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture
def handlers() -> Iterator[None]:
    """Give signals back what they do, after commands in this process."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no side start a process that is a variable."""
    monkeypatch.setattr(sides, "HERE", dataclasses.replace(HERE, python=Path("/no/such/python")))


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (("duel", "HEAD", "."), "--log"),
        (("versions", "--releases", "keras==3.10.0"), "--output"),
    ],
)
def test_ctrl_c_while_sides_are_made_is_one_line(
    tmp_path: Path, arguments: tuple[str, ...], output: str
) -> None:
    """What makes them, git or pip, hangs."""
    began, folder = tmp_path / "began", tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\ntouch {began}\nexec sleep 100\n")
    (folder / "git").chmod(0o755)
    (folder / "pip.py").write_text(f"open({str(began)!r}, 'w')\nimport time\ntime.sleep(100)\n")
    running = subprocess.Popen(
        [sys.executable, "-m", "bench", *arguments, *SMALL, output, str(tmp_path / "out")],
        cwd=ROOT,
        env={
            **os.environ,
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(folder),
            "BENCH_CACHE_DIR": str(tmp_path / "cache"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not began.exists() and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 3, errors
    assert errors.startswith("stopped: ")
    assert errors.count("\n") == 1


def test_where_no_process_can_be_started_a_duel_says_so(
    broken: None, handlers: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two = (f"{VARIABLE}=1", f"{VARIABLE}=2")
    assert main(["duel", *two, *SMALL, "--log", str(tmp_path / "log")]) == 4
    assert capsys.readouterr().err == (
        "error: no process can be started: No such file or directory\n"
    )


def against(folder: Path) -> Against:
    selection = Selection(networks=("tabular_mlp",), backends=("jax",))
    found = Against(f"{VARIABLE}=1", selection, folder / "records")
    found.open(plan(selection))
    return found


def test_where_no_process_can_be_started_a_run_says_so(broken: None, tmp_path: Path) -> None:
    with contextlib.closing(against(tmp_path)) as duel:
        assert duel.lost(1, print)
        assert duel.text.startswith("it ended without a verdict: no process can be started")


def test_a_log_that_cannot_be_written_is_said_before_the_run(tmp_path: Path) -> None:
    (tmp_path / LOG).mkdir()
    with pytest.raises(pytest.UsageError, match=r"--against log .*duel.jsonl: Is a directory"):
        against(tmp_path)


def test_the_verdict_is_printed_whatever_becomes_of_the_file(
    runner: Runner,
    handlers: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = tmp_path / "found.json"

    def run(contest: Contest, seconds: float, *, resume: bool) -> Outcome:
        found.mkdir()  # meanwhile
        return contest.outcome()

    arena = arena_in(tmp_path, runner)
    monkeypatch.setattr(command, "arena", lambda *_, **__: contextlib.nullcontext(arena))
    monkeypatch.setattr(Contest, "run", run)
    log = ("--log", str(tmp_path / "log"))
    assert main(["duel", ".", ".", *SMALL, *log, "--json", str(found)]) == 2
    told = capsys.readouterr()
    assert "tabular_mlp, miniboone, jax" in told.out
    assert "Is a directory" in told.err


@pytest.fixture
def long_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / ("a" * 90) / "b"
    folder.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))


def test_a_temporary_folder_with_a_long_path_is_said_at_once(
    long_folder: None, handlers: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["duel", ".", ".", *SMALL, "--log", str(tmp_path / "log")]) == 2
    told = capsys.readouterr().err
    assert "AF_UNIX path too long; set TMPDIR to a folder with a shorter path" in told
    with pytest.raises(OSError, match="set TMPDIR to a folder with a shorter path"):
        Race([Entrant(experiment=tiny("tabular_mlp", "jax"))], (0,)).run(0)
