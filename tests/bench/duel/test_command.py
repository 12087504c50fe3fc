"""``python -m bench duel`` as it is typed."""

import contextlib
import json
import math
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from reports.schema import duel as duels
from tests.builders import ROOT

SMALL = ("--networks", "tabular_mlp", "--backends", "jax", "--budget", "0.4m")


def duel(*arguments: str, root: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "bench", "duel", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=300,
    )


def pairs_in(log: Path) -> list[dict[str, Any]]:
    """Return the pairs that a duel, which may be running, has written down."""
    lines = log.read_text().splitlines(keepends=True) if log.exists() else []
    whole = [json.loads(line) for line in lines if line.endswith("\n")]
    return [line for line in whole if "training" in line]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder, with a short path, for what a duel leaves; other tests have duels, too."""
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield Path(folder)


def left_in(place: Path) -> list[str]:
    """Return the worktrees of this repository that are there, and what else is."""
    command = ["git", "worktree", "list"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    there = [line for line in listed.splitlines() if line.startswith(str(place))]
    return there + [path.name for path in place.iterdir()]


def test_a_commit_and_a_setting_are_measured(tmp_path: Path, place: Path) -> None:
    """How far it comes in the time that there is depends on what runs beside it."""
    log = tmp_path / "pairs.jsonl"
    done = duel("HEAD", "execution=tuned", *SMALL, "--log", str(log))
    assert not left_in(place)
    assert done.returncode in (0, 3), done.stdout + done.stderr
    verdict = "not settled" if done.returncode else "(faster|not slower)"
    assert re.search(rf"tabular_mlp, miniboone, jax +{verdict} .* +equal, to the bit", done.stdout)
    assert ("Not settled: more pairs" in done.stdout) == (done.returncode == 3)
    pairs = pairs_in(log)
    assert pairs
    for pair in pairs:
        assert pair["sides"] == ["HEAD", "execution=tuned"]
        assert pair["cpu"] is None or abs(pair["cpu"]) < 3
        assert all(math.isfinite(pair[name]) for name in ("first", "memory"))
        assert pair["devices"], "the head tells what it computes on"
        for block in pair["training"] + pair["predicting"]:
            assert block["sides"] in ("ABBA", "BAAB")
            assert all(slice["cpu_seconds"] > 0 for slice in block["slices"])


def test_ctrl_c_keeps_what_was_measured_and_leaves_nothing(tmp_path: Path, place: Path) -> None:
    log = tmp_path / "pairs.jsonl"
    command = [sys.executable, "-m", "bench", "duel", "HEAD", ".", *SMALL[:4], "--log", str(log)]
    running = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    family: list[psutil.Process] = []  # between two pairs there is none
    deadline = time.monotonic() + 300
    try:
        while not (pairs_in(log) and family) and time.monotonic() < deadline:
            time.sleep(0.1)
            family = psutil.Process(running.pid).children(recursive=True)
        running.send_signal(signal.SIGINT)
        output, errors = running.communicate(timeout=180)
    finally:
        running.kill()
        running.communicate()
    assert family
    assert running.returncode == 3, errors
    assert not errors
    assert f"stopped; what was measured is in {log}\n" in output
    assert "not settled" in output
    _, alive = psutil.wait_procs(family, timeout=60)
    assert not alive
    assert not left_in(place)
    assert pairs_in(log)


@pytest.mark.skipif(sys.platform != "linux", reason="experiments are forked on Linux only")
def test_a_duel_that_is_killed_leaves_no_process_and_goes_on(tmp_path: Path) -> None:
    """One side stands still then, and cannot see by itself that nobody will wake it."""
    log = tmp_path / "pairs.jsonl"
    command = [sys.executable, "-m", "bench", "duel", ".", ".", *SMALL[:4], "--log", str(log)]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 300
        while not pairs_in(log) and time.monotonic() < deadline:
            time.sleep(0.2)
        stopped, deadline = False, time.monotonic() + 60
        while not stopped and time.monotonic() < deadline:
            family = psutil.Process(running.pid).children(recursive=True)
            with contextlib.suppress(psutil.NoSuchProcess):
                stopped = any(process.status() == psutil.STATUS_STOPPED for process in family)
    finally:
        running.kill()
        running.communicate()
    kept = len(pairs_in(log))
    assert kept
    _, alive = psutil.wait_procs(family, timeout=60)
    assert not alive
    found = tmp_path / "found" / "duel.json"
    arguments = ("--log", str(log), "--resume", "--budget", "0.001m", "--json", str(found))
    done = duel(".", ".", *SMALL[:4], *arguments)
    assert f"goes on after {kept} pairs" in done.stdout, done.stderr
    assert kept <= len(pairs_in(log)) <= kept + 1, "it goes on, and does not begin again"
    (cell,) = duels.load(found).cells
    assert len(cell.pairs) == len(pairs_in(log))
    assert cell.sides
    assert cell.sides[0] == cell.sides[1]
    assert cell.sides[0].packages["keras"]


@pytest.mark.parametrize(("letter", "side"), [("a", "HEAD"), ("b", "HEAD~0")])
def test_the_side_that_is_killed_is_the_one_that_is_named(
    tmp_path: Path, letter: str, side: str
) -> None:
    log = tmp_path / "pairs.jsonl"
    command = [sys.executable, "-m", "bench", "duel", "HEAD", "HEAD~0", *SMALL[:4]]
    running = subprocess.Popen(
        [*command, "--log", str(log)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 300
    while not pairs_in(log) and time.monotonic() < deadline:
        time.sleep(0.2)
    while running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)  # one that has done its last turn is not missed: the next is
        with contextlib.suppress(psutil.Error):
            for server in psutil.Process(running.pid).children():
                for victim in server.children() if f"/{letter}-" in server.cwd() else ():
                    victim.kill()
    output, _ = running.communicate(timeout=300)
    assert running.returncode == 4, output
    assert f"FAILED: {side}: the worker was killed by SIGKILL" in output
    assert pairs_in(log), "what was measured is kept"


def test_changes_that_are_on_neither_side_are_said(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    with (clone / "README.md").open("a") as readme:
        readme.write("More.\n")
    log = str(tmp_path / "pairs.jsonl")
    done = duel("HEAD", "HEAD~0", *SMALL[:4], "--budget", "0.001m", "--log", log, root=clone)
    assert done.returncode == 3, done.stderr
    assert "changes that are not committed are on neither side" in done.stdout


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("no-such-branch", "no commit, branch or tag of this checkout"),
        ("execution=fast", "execution is one of default, epoch"),
        ("speed=high", "no setting of that name; there are backend=…, execution=…, precision=…"),
        ("backend=torch", "unknown backend 'torch'"),
        ("4d6b7a8c", "no commit, branch or tag of this checkout"),
        ("KERAS_BACKEND=tensorflow", "the suite sets it for each process; say backend=tensorflow"),
        ("BENCH_CORES=0", "the suite sets it for each process; both sides would be the same"),
        ("KERAS_MAX_EPOCHS=1", "it is kept from the experiments; both sides would be the same"),
        ("keras==0.0.0.1", "keras==0.0.0.1: cannot be installed: "),
    ],
)
def test_a_side_that_there_is_not_is_one_line(tmp_path: Path, head: str, said: str) -> None:
    done = duel(".", head, *SMALL, "--log", str(tmp_path / "pairs.jsonl"))
    assert done.returncode == 2, done.stdout
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("error: ")
    assert said in line


def test_a_side_that_cannot_compute_is_said(tmp_path: Path) -> None:
    done = duel(".", "JAX_PLATFORMS=cuda", *SMALL, "--log", str(tmp_path / "pairs.jsonl"))
    assert done.returncode == 4, done.stdout + done.stderr
    assert re.search(r"tabular_mlp, miniboone, jax +failed", done.stdout)
    assert "JAX_PLATFORMS=cuda: jax finds no device to compute on" in done.stdout
    assert "more pairs" not in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "option",
    [
        *(("--budget", "soon"), ("--limit", "0%"), ("--networks", "mlp")),
        *(("--json", "/dev/null/x"), ("--log", "/dev/null/x")),
    ],
)
def test_bad_options_are_said(tmp_path: Path, option: tuple[str, str]) -> None:
    done = duel(".", ".", "--log", str(tmp_path / "pairs.jsonl"), *option)
    assert done.returncode == 2
    assert "error: " in done.stderr
    assert option[0] in done.stderr or "'mlp'" in done.stderr
    assert "Traceback" not in done.stderr
