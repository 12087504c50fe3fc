"""The rules of the house: who may import whom, where Keras is, and that PyTorch stays out."""

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import ROOT
from tests.conftest import SLOW

PACKAGES = ("architectures", "datasets", "bench", "reports", "studio")
NEIGHBOURS = {
    "architectures": set(),
    "datasets": set(),
    "reports": set(),
    "bench": {"architectures", "datasets", "reports.schema"},
    "studio": {"architectures", "datasets", "bench", "reports"},
    "tools": {*PACKAGES, "tests.builders"},
    "conftest": {"bench", "reports.schema"},
}
"""What each may import of the others."""
TOP = {
    *{*PACKAGES, ".ci", ".github", "docs", "examples", "src", "tests", "tools"},
    *{".gitignore", ".pre-commit-config.yaml", "conftest.py", "pyproject.toml", "tox.ini"},
    *{"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md"},
}
"""All that is kept."""
LAZY = {"bench": {"reports.load", "reports.gate", "reports.tables"}}
"""Likewise, inside a function only: what a run prints at its end."""
COMPUTING = {"keras", "tensorflow", "jax", "openvino"}
TYPED = "if TYPE_CHECKING: import keras"
FILES = sorted(
    [
        *(path for name in (*PACKAGES, "tools") for path in (ROOT / name).rglob("*.py")),
        ROOT / "conftest.py",
    ]
)


def imported(source: str, *, inside: bool) -> set[str]:
    """Return every module that a file imports, at its top or, if asked for, inside functions."""
    names: set[str] = set()
    tree = _Checked().visit(ast.parse(source))
    nested = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if id(node) in nested and not inside:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


class _Checked(ast.NodeTransformer):
    """Leaves out what only the type checker reads, but for Keras and the backends."""

    def visit_If(self, node: ast.If) -> ast.AST:
        if not (isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            self.generic_visit(node)
            return node
        text = ast.unparse(node)
        return node if re.search(rf"\b({'|'.join(COMPUTING)})\b", text) else ast.Pass()


def within(name: str, modules: set[str]) -> bool:
    """Return whether a name is one of the modules or lies in one."""
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def faults(path: Path, source: str) -> set[str]:
    """Return what a file imports that it must not."""
    place = path.relative_to(ROOT)
    package = place.parts[0].removesuffix(".py")
    in_worker = place.is_relative_to("bench/worker")
    everything = imported(source, inside=True)
    wrong = {name for name in everything if within(name, {"torch"})}
    if not in_worker:
        wrong |= {name for name in everything if within(name, {"bench.worker"})}
        if package != "architectures":
            wrong |= {name for name in everything if within(name, COMPUTING)}
        if package == "bench":
            wrong |= {name for name in everything if within(name, {"sklearn"})}
    if not place.is_relative_to("reports/figures"):
        wrong |= {name for name in everything if within(name, {"matplotlib"})}
    if place.is_relative_to("reports/schema"):
        wrong |= {
            n for n in everything if within(n, {"reports"}) and not within(n, {"reports.schema"})
        }
    others = {*PACKAGES, "tools", "tests", "conftest"} - {package}
    allowed = NEIGHBOURS[package]
    wrong |= {
        name
        for name in imported(source, inside=False)
        if within(name, others) and not within(name, allowed)
    }
    lazy = allowed | LAZY.get(package, set())
    return wrong | {name for name in everything if within(name, others) and not within(name, lazy)}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_arrows_point_one_way_and_keras_is_in_the_worker(path: Path) -> None:
    assert not faults(path, path.read_text())


@pytest.mark.parametrize("path", FILES, ids=name_of)
@pytest.mark.parametrize(
    "planted", ["import keras", "from keras import layers", "import jax.numpy", TYPED]
)
def test_keras_anywhere_else_is_found(path: Path, planted: str) -> None:
    place = path.relative_to(ROOT)
    found = faults(path, f"{path.read_text()}\ndef f():\n    {planted}\n")
    allowed = place.is_relative_to("bench/worker") or place.is_relative_to("architectures")
    assert bool(found) != allowed


@pytest.mark.parametrize("path", FILES, ids=name_of)
@pytest.mark.parametrize(
    "planted", ["import bench.worker.training", "from bench.worker import training"]
)
def test_the_worker_imported_from_outside_is_found(path: Path, planted: str) -> None:
    found = faults(path, f"{path.read_text()}\n{planted}\n")
    assert bool(found) != path.relative_to(ROOT).is_relative_to("bench/worker")


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("reports.gate.text", "matplotlib"),
        ("reports.tables.overview", "matplotlib"),
        ("bench.plugin", "pandas"),
        ("bench.executors.dask.service", "keras"),
        ("studio.workspace", "keras"),
    ],
)
def test_what_is_light_stays_light(module: str, absent: str) -> None:
    code = f"import {module}, sys; sys.exit({absent!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_no_file_and_no_function_grows_too_long() -> None:
    long = []
    for path in [*FILES, *(ROOT / "tests").rglob("*.py")]:
        source = path.read_text()
        if len(source.splitlines()) > 300:
            long.append(name_of(path))
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                lines = node.end_lineno - node.lineno + 1
                if lines > 50 and node.name != "test_the_whole_story":  # one story, told in order
                    long.append(f"{name_of(path)}: {node.name}")
    assert not long


@pytest.mark.skipif("TOX_ENV_NAME" not in os.environ, reason="only tox's environment is ours")
def test_installing_this_project_installs_no_pytorch() -> None:
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        importlib.metadata.version("torch")


def test_no_dependency_asks_for_pytorch() -> None:
    assert not re.search(r'"torch\b', (ROOT / "pyproject.toml").read_text())


def test_the_files_of_slow_tests_are_there() -> None:
    assert [name for name in SLOW if not (ROOT / name).is_file()] == []


def test_nothing_is_kept_that_a_try_has_left_behind() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("no git checkout")
    assert {path.partition("/")[0] for path in listed.stdout.split("\0") if path} == TOP
