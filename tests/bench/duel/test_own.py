"""A network of the user's own against how it was in their repository."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.own.files import LOAD, LOGITS, MODEL

AS_THE_USER = ("-c", "user.name=user", "-c", "user.email=user@example.org")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with one commit, whose model has since become ten times as wide."""
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    wide = MODEL.format(units=2, loss=LOGITS).replace(
        "keras.Input((4,)),", "keras.Input((4,)), keras.layers.Dense(20),"
    )
    (folder / "net.py").write_text(wide)
    (folder / "data.py").write_text(LOAD)
    for command in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "last week")):
        subprocess.run(["git", *AS_THE_USER, *command], check=True)
    (folder / "net.py").write_text(wide.replace("20", "200"))
    return folder


def duel(folder: Path, *sides: str) -> "subprocess.CompletedProcess[str]":
    options = ("--networks", "net.py:build", "--datasets", "data.py:load", "--backends", "jax")
    return subprocess.run(
        [sys.executable, "-m", "keras_bench", "duel", *sides, *options, "--budget", "0.3m"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_a_model_is_measured_against_that_of_last_week(repository: Path) -> None:
    done = duel(repository, "HEAD", ".")
    assert "net, data, jax: numerics CHANGED" in done.stdout, done.stdout + done.stderr
    log = (repository / "results" / "duel.jsonl").read_text().splitlines()
    assert any("training" in json.loads(line) for line in log)
    listed = subprocess.run(["git", "worktree", "list"], capture_output=True, text=True, check=True)
    assert len(listed.stdout.splitlines()) == 1, "nothing is left behind"


def test_a_run_ends_with_the_model_of_last_week(repository: Path) -> None:
    networks = ("--networks", "net.py:build", "--datasets", "data.py:load", "--backends", "jax")
    against = ("--against", "HEAD", "--against-minutes", "0.01")
    done = subprocess.run(
        [sys.executable, "-m", "keras_bench", "run", *networks, "--epochs", "1", *against],
        cwd=repository,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "net, data, jax: numerics CHANGED" in done.stdout, done.stdout + done.stderr
    assert "in turns with HEAD" in done.stdout


def test_what_is_not_in_that_commit_is_one_line(repository: Path) -> None:
    (repository / "net.py").rename(repository / "new.py")
    (repository / "net.py").write_text("from new import build\n")
    for command in (("checkout", "-q", "--orphan", "empty"), ("rm", "-rqf", "--cached", ".")):
        subprocess.run(["git", *command], check=True)
    subprocess.run(
        ["git", *AS_THE_USER, "commit", "-q", "--allow-empty", "-m", "nothing"], check=True
    )
    done = duel(repository, "HEAD", ".")
    assert done.returncode == 2
    assert "error: HEAD: net.py:build is not in it" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_model_in_no_repository_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / "net.py").write_text(MODEL.format(units=2, loss=LOGITS))
    (tmp_path / "data.py").write_text(LOAD)
    done = duel(tmp_path, "HEAD", ".")
    assert done.returncode == 2
    assert "is in no git repository" in done.stderr
