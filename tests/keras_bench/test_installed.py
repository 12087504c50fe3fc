"""The suite installed from a wheel, used in another project's folder."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import keras_bench
from tests.builders import ROOT

PROJECT = ROOT / "examples" / "project"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install what a wheel of this checkout holds, and nothing else, into a folder."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    build = ("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    subprocess.run([*pip, *build], check=True, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    into = ("install", "--no-deps", "--target", str(folder / "site"), str(wheel))
    subprocess.run([*pip, *into], check=True, cwd=folder)
    return folder / "site"


@pytest.fixture
def project(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the example project to where no checkout is near."""
    monkeypatch.setenv("PYTHONPATH", str(site))
    for file in PROJECT.glob("*.py"):
        shutil.copy(file, tmp_path)
    return tmp_path


def ran(folder: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True
    )


def test_the_project_tests_its_model(project: Path) -> None:
    done = ran(project, "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    assert list((project / ".keras-bench" / "records").glob("model-model-*.json"))


def test_a_model_is_named_on_the_command_line(project: Path) -> None:
    options = ("--bench-data", "model.py:load", "--bench-epochs", "2")
    backends = ("--bench-backends", "jax,numpy")
    command = ("pytest", "-q", "-k", "keras-bench", "--bench-model")
    done = ran(project, *command, "model.py:build", *options, *backends)
    assert done.returncode == 0, done.stdout
    assert re.search(
        r"model-model-jax-s0: loss .*accuracy .*epoch .* s; one prediction", done.stdout
    )
    assert "model-model-numpy-s0: one prediction" in done.stdout, "where nothing is trained"
    done = ran(project, *command, "model.py:bild", *options, *backends)
    assert done.returncode == 1
    assert "model.py defines no bild; it has build" in done.stdout
    (project / "model.py").write_text("def build():\n    return 1 / 0\n")
    done = ran(project, *command, "model.py:build", "--bench-backends", "jax")
    assert "model.py, line 2, in build (calling build()): ZeroDivisionError" in done.stdout


def test_a_run_that_does_not_end_well_fails_with_what_it_said(project: Path) -> None:
    (project / "pyproject.toml").write_text(
        "[tool.keras-bench.recipe]\noptimizer = {name = 'sgd', learning_rate = 1e38}\n"
    )
    options = ("--bench-data", "model.py:load", "--bench-backends", "jax", "--bench-epochs", "1")
    command = ("pytest", "-q", "-k", "keras-bench", "--bench-model", "model.py:build")
    done = ran(project, *command, *options)
    assert done.returncode == 1, done.stdout
    assert "diverged in epoch 1" in done.stdout
    assert "keras-bench run ended with 1" in done.stdout


def test_every_command_is_there_from_any_folder(project: Path) -> None:
    done = ran(project, "keras_bench", "info")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("suite ")
    for command in keras_bench.TESTS.keys() | keras_bench.PROGRAMS.keys():
        done = ran(project, "keras_bench", command, "--help")
        assert done.returncode == 0, (command, done.stderr)
    usage = ran(project, "keras_bench", "--help").stdout
    assert all(command in usage for command in keras_bench.TESTS.keys() | keras_bench.PROGRAMS)
    done = ran(project, "keras_bench", "datasets", "list")
    assert "imdb: IMDB" in done.stdout, done
    done = ran(project, "keras_bench", "advize")
    assert (done.returncode, done.stdout) == (2, "")
    assert "unknown command 'advize'; there are run, equivalence, advise" in done.stderr


def test_it_is_compared_with_the_reference(project: Path) -> None:
    options = ("--networks", "model.py:build", "--datasets", "model.py:load", "--backends", "jax")
    done = ran(project, "keras_bench", "equivalence", *options)
    assert done.returncode == 0, done.stdout
    assert list((project / "results" / "records").glob("*.json"))


def test_a_checkout_finds_itself() -> None:
    assert keras_bench.SUITE == ROOT
    code = "import sys, keras_bench; print({'bench', 'datasets', 'keras'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "set()\n"


def test_options_of_the_tests_around_are_none_of_the_suite(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-n auto -k net")
    monkeypatch.setenv("PYTHONPATH", "mine")
    found = keras_bench.environment()
    assert "PYTEST_ADDOPTS" not in found
    assert found["PYTHONPATH"].endswith(f"{os.pathsep}mine")
