"""What may be a side of a duel, before anything is measured."""

import subprocess
from pathlib import Path

import pytest

from bench.duel import sides

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
