"""Saved models: what a file says of the backend that saved it decides nothing on another."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.executors.process import Runner
from tests.bench.own.files import LOGITS, MODEL, TRAINERS, trained

SAVE = f"""
import keras

for name, setting in (
    ("on", {{"jit_compile": True}}),
    ("off", {{"jit_compile": False}}),
    ("eager", {{"run_eagerly": True}}),
):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.compile("sgd", {LOGITS}, **setting)
    model.save(f"{{name}}.keras")
"""
READS = """
import keras

def on():
    return keras.saving.load_model("on.keras")

def off():
    return keras.saving.load_model("off.keras")
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of saved models, which are made once."""
    where = tmp_path_factory.mktemp("saved")
    subprocess.run([sys.executable, "-c", SAVE], check=True, cwd=where)
    (where / "reads.py").write_text(READS)
    return where


@pytest.fixture
def saved(folder: Path, files: Path) -> Path:
    shutil.copytree(files, folder, dirs_exist_ok=True)
    return folder


@pytest.mark.usefixtures("saved")
@pytest.mark.parametrize("backend", TRAINERS)
def test_each_backend_decides_whether_it_compiles(runner: Runner, backend: str) -> None:
    usual = trained(runner, backends=[backend]).environment.jit_compile
    for network in ("on.keras", "off.keras", "reads.py:on", "reads.py:off"):
        record = trained(runner, networks=[network], backends=[backend])
        assert record.environment.jit_compile == usual, network


@pytest.mark.usefixtures("saved")
def test_what_is_to_run_eagerly_does(runner: Runner) -> None:
    record = trained(runner, networks=["eager.keras"], backends=["jax"])
    assert record.environment.jit_compile is False


@pytest.mark.parametrize("backend", TRAINERS)
@pytest.mark.parametrize("setting", [True, False])
def test_what_a_function_compiles_so_is_trained_so(
    runner: Runner, folder: Path, backend: str, setting: bool
) -> None:
    text = MODEL.format(units=2, loss=f"{LOGITS}, jit_compile={setting}")
    (folder / "net.py").write_text(text)
    assert trained(runner, backends=[backend]).environment.jit_compile is setting
