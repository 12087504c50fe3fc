"""What may be a side of a duel, before anything is measured."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.duel import sides
from bench.experiment import Experiment
from bench.plan import plan_trainings
from bench.selection import Selection
from tests.bench.own.files import LOAD, LOGITS, MODEL

AS_THE_USER = ("-c", "user.name=user", "-c", "user.email=user@example.org")


def test_a_repository_around_an_installation_is_not_the_suites(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "environment"
    installed.mkdir()
    for command in (("init", "-q"), ("commit", "-q", "--allow-empty", "-m", "of the user")):
        subprocess.run(["git", "-C", str(tmp_path), *AS_THE_USER, *command], check=True)
    monkeypatch.setattr(sides, "ROOT", installed)
    with (
        pytest.raises(sides.SideError, match="HEAD: a commit needs a git checkout of the suite"),
        sides.make("HEAD", tmp_path, ["jax"]),
    ):
        pass
    assert not (tmp_path / "checkout").exists()


Sized = tuple[str, int]
RECIPE = 'optimizer = {{name = "sgd", learning_rate = {rate}}}\nbatch_size = {size}\n'
TABLE = f"[tool.keras-bench.recipe]\n{RECIPE}"
THEN = ('{"optimizer": {"learning_rate": 0.1, "name": "sgd"}}', 16)
NOW = ('{"optimizer": {"learning_rate": 99.0, "name": "sgd"}}', 256)


@pytest.fixture
def committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what commits a network, data and TOML files to the repository that is the folder."""
    repository = tmp_path / "repository"
    repository.mkdir()
    monkeypatch.chdir(repository)
    (repository / "net.py").write_text(MODEL.format(units=2, loss=LOGITS))
    (repository / "data.py").write_text(LOAD)
    subprocess.run(["git", "init", "-q"], check=True)

    def commit(**files: str) -> None:
        for name, text in files.items():
            Path(f"{name}.toml").write_text(text)
        for command in (("add", "-A"), ("commit", "-qm", "x")):
            subprocess.run(["git", *AS_THE_USER, *command], check=True)

    return commit


def trained_by(folder: Path, **wanted: object) -> tuple[Sized, Sized]:
    """Return what compiles the network, and its batch size, in the last commit but one and now."""
    usual: dict[str, object] = {"networks": ("net.py:build",), "datasets": ("data.py:load",)}
    selection = Selection(**{**usual, "backends": ("jax",), **wanted})  # type: ignore[arg-type]
    (now,) = plan_trainings(selection)
    assert now.own
    with sides.make("HEAD~1", folder, ["jax"], [now.own], selection) as side:
        return sized(side.change(now)), sized(now)


def sized(experiment: Experiment) -> Sized:
    assert experiment.own
    return experiment.own.compiling, experiment.batch_size


def test_each_side_is_trained_by_its_own_recipe(
    committed: Callable[..., None], tmp_path: Path
) -> None:
    committed(pyproject=TABLE.format(rate=0.1, size=16))
    committed(pyproject=TABLE.format(rate=99.0, size=256))
    assert trained_by(tmp_path) == (THEN, NOW)
    asked = trained_by(tmp_path, batch_size=8)
    assert [size for _, size in asked] == [8, 8], "what the command says is of both"


@pytest.mark.parametrize(("data", "usual"), [("data.py:load", 32), ("miniboone", 256)])
def test_without_a_recipe_a_side_is_trained_as_it_was(
    committed: Callable[..., None], tmp_path: Path, data: str, usual: int
) -> None:
    committed()
    committed(pyproject=TABLE.format(rate=99.0, size=512))
    (was, now) = trained_by(tmp_path, datasets=(data,))
    assert was == ("", usual)
    assert now == (NOW[0], 512)
    Path("pyproject.toml").write_text("")
    committed(pyproject="")
    assert trained_by(tmp_path, datasets=(data,)) == (now, was)


def test_a_recipe_that_is_named_is_of_each_side_where_it_is_committed(
    committed: Callable[..., None], tmp_path: Path
) -> None:
    committed(mine=RECIPE.format(rate=0.1, size=16))
    committed(mine=RECIPE.format(rate=99.0, size=256))
    assert trained_by(tmp_path, recipe="mine.toml") == (THEN, NOW)
    for unknown in (Path("new.toml"), tmp_path / "elsewhere.toml"):
        unknown.write_text(RECIPE.format(rate=99.0, size=256))
        assert trained_by(tmp_path, recipe=str(unknown)) == (NOW, NOW)


def test_a_recipe_of_a_commit_that_is_none_is_said(
    committed: Callable[..., None], tmp_path: Path
) -> None:
    committed(pyproject="[tool.keras-bench.recipe]\nbatchsize = 3\n")
    committed(pyproject="")
    with pytest.raises(sides.SideError, match=r"HEAD~1: .*unknown key 'batchsize'"):
        trained_by(tmp_path)
