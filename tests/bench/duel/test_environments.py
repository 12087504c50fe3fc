"""Environments of a side's own: what is installed here, and what is not."""

import importlib.metadata
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bench.duel import environments

PYPROJECT = """[project]
dependencies = ["numpy>=1", "keras<0.1", "no-such-thing; python_version < '3'"]
[project.optional-dependencies]
jax = ["jax>=99"]
tensorflow = ["tensorflow>=99"]
"""
TWO = (("tensorflow", "tensorflow-cpu"), ("tensorflow-cpu", "tensorflow"))


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the installer find one package, and no other."""
    monkeypatch.setenv("BENCH_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    info = "probe_of_a_duel-2.0.dist-info"
    with zipfile.ZipFile(tmp_path / "probe_of_a_duel-2.0-py3-none-any.whl", "w") as file:
        file.writestr("probe_of_a_duel.py", "VERSION = 2\n")
        file.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: probe-of-a-duel\nVersion: 2.0\n"
        )
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", "")


def test_it_has_what_is_asked_for_and_all_that_is_here(wheel: None, tmp_path: Path) -> None:
    python = environments.make(["probe-of-a-duel==2.0"])
    code = (
        "import probe_of_a_duel, numpy, msgspec; print(probe_of_a_duel.VERSION, numpy.__version__)"
    )
    command = [str(python), "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2", importlib.metadata.version("numpy")]
    made = (tmp_path / "cache" / "duel").stat().st_mtime
    assert environments.make(["probe-of-a-duel==2.0"]) == python
    assert (tmp_path / "cache" / "duel").stat().st_mtime == made, "made once"


def test_what_cannot_be_installed_is_one_line_and_leaves_nothing(
    wheel: None, tmp_path: Path
) -> None:
    with pytest.raises(
        environments.EnvironmentFailedError, match=r"probe-of-a-duel==3\.0"
    ) as failed:
        environments.make(["probe-of-a-duel==3.0"])
    assert "\n" not in str(failed.value)
    assert not failed.value.passing
    assert not [path for path in (tmp_path / "cache" / "duel").iterdir() if path.is_dir()]


def test_a_package_index_that_does_not_answer_may_do_so_another_time(
    wheel: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(
        environments.EnvironmentFailedError, match="a package index did not answer"
    ) as failed:
        environments.make(["probe-of-a-duel==3.0"])
    assert failed.value.passing


def test_what_is_met_here_needs_no_environment(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    assert environments.unmet(tmp_path, ["jax"]) == ["keras<0.1", "jax>=99"]
    root = Path(environments.__file__).parents[2]
    assert environments.unmet(root, ["jax"]) == []


@pytest.mark.parametrize(("here", "other"), TWO)
def test_a_package_goes_by_the_name_that_is_installed(
    here: str, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TensorFlow for GPUs is another distribution than that for CPUs, and each is TensorFlow."""
    (tmp_path / "pyproject.toml").write_text(
        "[project]\ndependencies = ['scipy>=1', 'scikit-learn>=1']\n"
        "[project.optional-dependencies]\n"
        f"tensorflow = ['{other}>=2.18', '{here}<2.19', '{other.replace('-', '_')}>=2.19']"
    )
    for name, version in ((here, "2.18.1"), ("scipy", "1.16.0")):
        info = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert environments.unmet(tmp_path, ["tensorflow"]) == [
        "scikit-learn>=1",
        f"{other.replace('-', '_')}>=2.19",
    ]
    assert environments._as_installed(f"{other}==2.20.0") == f"{here}==2.20.0"
    assert environments._as_installed(f"{here}[and-cuda]>=2.20") == f"{here}[and-cuda]>=2.20"
    assert environments._as_installed("keras==3.14.1") == "keras==3.14.1"
