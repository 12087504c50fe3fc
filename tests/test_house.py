"""The rules of the house: who may import whom, and that PyTorch stays out."""

import ast
import importlib.metadata
import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("architectures", "datasets", "bench", "reports", "studio")
ALLOWED = {
    "architectures": set(),
    "datasets": set(),
    "reports": set(),
    "bench": {"architectures", "datasets", "reports.record", "reports.predictions"},
    "studio": {"architectures", "datasets", "bench", "reports"},
}
KERAS = {"keras", "tensorflow", "jax"}
FILES = sorted(path for name in PACKAGES for path in (ROOT / name).glob("*.py"))


def imported(path: Path) -> set[str]:
    """Return every module that a file imports, at its top or inside a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_arrows_point_one_way(path: Path) -> None:
    package = path.parent.name
    neighbours = {
        name for name in imported(path) if name.partition(".")[0] in {*PACKAGES} - {package}
    }
    allowed = ALLOWED[package]
    assert not {
        name
        for name in neighbours
        if not any(name == ok or name.startswith(f"{ok}.") for ok in allowed)
        and name not in {ok.partition(".")[0] for ok in allowed}
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_data_and_reports_never_import_keras(path: Path) -> None:
    roots = {name.partition(".")[0] for name in imported(path)}
    assert "torch" not in roots
    if path.parent.name in ("datasets", "reports", "studio"):
        assert not roots & KERAS
    if path.parent.name == "bench" and path.name not in ("backends.py", "programs.py"):
        assert not roots & {"tensorflow", "jax"}


def test_an_import_inside_a_function_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "bad.py"
    path.write_text("def f():\n    from keras import layers\n")
    assert "keras" in imported(path)


@pytest.mark.skipif("TOX_ENV_NAME" not in os.environ, reason="only tox's environment is ours")
def test_installing_this_project_installs_no_pytorch() -> None:
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        importlib.metadata.version("torch")


def test_no_dependency_asks_for_pytorch() -> None:
    assert not re.search(r'"torch\b', (ROOT / "pyproject.toml").read_text())
