"""``python -m bench advise``, as a user types it, on a small network and a short race."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import msgspec
import pytest

from bench import backends
from bench.__main__ import main
from bench.advise import command, race
from bench.executors.process import Installation, Runner
from reports.schema.advice import Advice
from tests.bench.own.files import LOAD, LOGITS, MODEL
from tests.conftest import SharedPool


@pytest.fixture
def short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "WAYS", ("default", "epoch", "tuned"))
    for name, value in {
        "TURN_SECONDS": 0.02,
        "ROUNDS": 2,
        "SCREENING": 2,
        "GENERATIONS": 2,
        "FEWEST": 2,
    }.items():
        monkeypatch.setattr(race, name, value)
    (tmp_path / "net.py").write_text(MODEL.format(units=2, loss=LOGITS))
    (tmp_path / "data.py").write_text(LOAD)
    return tmp_path


def advised(*options: str) -> int:
    return main(["advise", "net.py:build", "--minutes", "0.01", "--json", "a.json", *options])


def test_a_network_of_the_users_own(short: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert advised("--data", "data.py:load") == 0
    told = capsys.readouterr().out
    assert "\nUse " in told
    found = msgspec.json.decode((short / "a.json").read_bytes(), type=Advice)
    assert {way.backend for way in found.ways} == set(backends.installed())
    assert not any(way.failure for way in found.ways)
    assert found.generations >= 2
    assert found.step_flops == 2 * 2 * 4 * 2 * 32, "forward, and the gradient of the weights"
    assert found.agreement
    assert all(agreement.equal for agreement in found.agreement), found.agreement
    assert "layer" in found.agreement[0].worst
    assert list((short / "results" / "records").glob("net-data-*.json"))


def test_a_backend_that_cannot_is_left_out(short: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (short / "net.py").write_text("import jax\n" + MODEL.format(units=2, loss=LOGITS))
    if backends.installed() == ("jax",):
        pytest.skip("one backend is here")
    assert advised() == 0
    told = capsys.readouterr().out
    assert "\nUse jax" in told
    assert "Left out: tensorflow, default: " in told
    assert "imports jax" in told


def test_what_cannot_be_is_one_line(short: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["advise", "nat.py:build"]) == 2
    assert (
        capsys.readouterr().err == "error: there is no file nat.py; did you mean net.py, data.py?\n"
    )


@pytest.mark.parametrize("option", ["--json", "--results-dir"])
def test_what_cannot_be_written_is_said_before_the_race(
    short: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert advised(option, "/dev/null/x") == 2
    told = capsys.readouterr()
    assert told.err.startswith(f"error: {option} /dev/null/x: ")
    assert "ways to train it" not in told.out


def test_a_race_is_kept_where_nothing_more_can_be_run(
    short: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = Installation(python=Path("/no/such/python"))
    monkeypatch.setattr(command, "Pool", lambda: SharedPool(Runner(installation=nothing)))

    def write(path: Path) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(command, "whole_file", write)
    assert advised("--backends", "jax") == 2
    told = capsys.readouterr()
    assert "\nUse jax" in told.out
    assert "Note: nothing could be run after the race: no process can be started" in told.out
    assert "No space left on device" in told.err


LAYER = """
import keras

@keras.saving.register_keras_serializable("mine")
class Twice(keras.layers.Layer):
    def call(self, x):
        return 2 * x
"""


def test_a_saved_model_with_a_recipe_and_classes_of_its_own(
    short: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (short / "layers.py").write_text(LAYER)
    (short / "recipe.toml").write_text('loss = "mse"\noptimizer = "sgd"\nbatch_size = 20\n')
    write = (
        "import keras, layers; keras.Sequential([keras.Input((4,)), layers.Twice(), "
        "keras.layers.Dense(1)]).save('net.keras')"
    )
    environment = {**os.environ, "KERAS_BACKEND": backends.installed()[0]}
    subprocess.run([sys.executable, "-c", write], check=True, cwd=short, env=environment)
    options = ["--data", "data.py:load", "--recipe", "recipe.toml", "--backends", "jax"]
    typed = ["advise", "net.keras", *options, "--custom-objects", "layers.py"]
    assert main([*typed, "--minutes", "0.01", "--json", "a.json"]) == 0, capsys.readouterr()
    found = msgspec.json.decode((short / "a.json").read_bytes(), type=Advice)
    assert found.batch_size == 20
    assert not any(way.failure for way in found.ways)
    assert all(agreement.equal for agreement in found.agreement), found.agreement
