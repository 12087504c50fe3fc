"""What docs/own.md says, typed in an empty folder with the files that it shows."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import ROOT

TEXT = (ROOT / "docs" / "own.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, flags=re.S)
COMMANDS = re.findall(r"^    keras-bench (.*)$", TEXT, flags=re.M)
ALREADY = {
    "advise": "minutes; tests/bench/advise/test_command.py types it, in a shorter race",
    "studio": "tests/studio/test_own.py does, with a browser",
}
SMALL = {
    "run": ("--epochs", "2", "--benchmark-disable"),
    "duel": ("--budget", "0.2m"),
    "render": (),
}
"""What is added to a command, so that it takes a moment."""
BACKENDS: dict[str, tuple[str, ...]] = {"run": ("--backends", "jax"), "duel": (), "render": ()}
"""Likewise, where it names none."""
FINE = {"run": {0, 6}, "duel": {0, 1, 3}, "render": {0}}
"""Exit statuses: a duel finds something, or has no time to; others may disturb a comparison."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder under git with the model of the document, changed since the last commit."""
    folder = tmp_path_factory.mktemp("stranger")
    model = folder / "mymodel.py"
    model.write_text(BLOCKS[0])
    git = ("git", "-c", "user.name=user", "-c", "user.email=user@example.org")
    for command in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "one")):
        subprocess.run([*git, *command], check=True, cwd=folder)
    model.write_text(BLOCKS[0].replace("16", "17"))
    subprocess.run([*git, "commit", "-qam", "two"], check=True, cwd=folder)
    model.write_text(BLOCKS[0])
    return folder


def typed(folder: Path, line: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", *shlex.split(line)], cwd=folder, capture_output=True, text=True
    )


def test_every_command(folder: Path) -> None:
    done_once = False
    for line in COMMANDS:
        name = line.split()[0]
        if name in ALREADY:
            continue
        added = () if "--backends" in line else BACKENDS[name]
        done = typed(folder, f"keras_bench {line} {shlex.join([*added, *SMALL[name]])}")
        assert done.returncode in FINE[name], (line, done.stdout, done.stderr)
        if name == "run" and not done_once:
            shutil.copytree(folder / "results" / "records", folder / "before")
            done_once = True
    assert {line.split()[0] for line in COMMANDS} == {*SMALL, *ALREADY}
    assert "mymodel" in (folder / "results" / "report" / "report.md").read_text()


def test_a_network_that_got_worse_beside_its_data_fails_the_run(tmp_path: Path) -> None:
    (line,) = (line for line in COMMANDS if "--baseline" in line)
    (tmp_path / "mymodel.py").write_text(BLOCKS[0])
    command = f"keras_bench {line} --backends jax --epochs 30 --benchmark-disable"
    first = command.replace(" --baseline before --results-dir now", " --results-dir before")
    assert first != command
    done = typed(tmp_path, first)
    assert done.returncode == 0, (done.stdout, done.stderr)
    learns_nothing = "Dense(3)", 'Dense(3, trainable=False, kernel_initializer="zeros")'
    (tmp_path / "mymodel.py").write_text(BLOCKS[0].replace(*learns_nothing))
    done = typed(tmp_path, command)
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert re.search(r"regressed +mymodel-mymodel-jax \(own, 30 epochs\) +loss", done.stdout)
    other = BLOCKS[0].replace("default_rng(0)", "default_rng(1)")
    (tmp_path / "mymodel.py").write_text(other)
    done = typed(tmp_path, command)
    assert done.returncode == 6, (done.stdout, done.stderr)
    assert "not comparable" in done.stdout


def test_its_pytest_command_and_its_test(folder: Path) -> None:
    (line,) = re.findall(r"^    (pytest --bench-model .*)$", TEXT, flags=re.M)
    done = typed(folder, f"{line} --bench-epochs 2 -q")
    assert done.returncode == 0, done.stdout
    (folder / "test_mymodel.py").write_text(BLOCKS[1].replace("> 0.5", "> 0"))
    done = typed(folder, "pytest -q test_mymodel.py")
    assert done.returncode == 0, done.stdout


def test_on_a_cluster(folder: Path) -> None:
    """Its machines have the files in the same place: they take those that were planned with."""
    line = "keras_bench run --networks mymodel.py:build --datasets mymodel.py:load --backends jax"
    more = "--epochs 2 --benchmark-disable --cluster local:1 --results-dir clustered"
    done = typed(folder, f"{line} {more}")
    assert done.returncode == 0, (done.stdout, done.stderr)
    (record,) = (folder / "clustered").glob("mymodel-mymodel-jax-*.json")
    assert '"epochs":2' in record.read_text()
