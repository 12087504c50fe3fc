"""Facts about the checkout."""

import subprocess
from pathlib import Path

import pytest

from bench import machine

AS_THE_USER = ("-c", "user.name=user", "-c", "user.email=user@example.org")


def test_the_commit_is_the_suites_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is installed into an environment in a project's folder lies in that repository."""
    inside = tmp_path / "environment"
    inside.mkdir()
    for command in (("init", "-q"), ("commit", "-q", "--allow-empty", "-m", "of the user")):
        subprocess.run(["git", "-C", str(tmp_path), *AS_THE_USER, *command], check=True)
    monkeypatch.setattr(machine, "ROOT", inside)
    assert machine.commit_info.__wrapped__() == (None, None)
    monkeypatch.setattr(machine, "ROOT", tmp_path)
    commit, dirty = machine.commit_info.__wrapped__()
    assert len(commit or "") == 40
    assert dirty is False
    monkeypatch.setenv("PATH", str(inside))
    assert machine.commit_info.__wrapped__() == (None, None), "where there is no git"
