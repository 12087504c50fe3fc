"""A folder of a user's own files."""

from pathlib import Path

import pytest

from tests.bench.own.files import LOAD, LOGITS, MODEL, SUITED


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(MODEL.format(units=2, loss=LOGITS))
    (tmp_path / "data.py").write_text(LOAD)
    return tmp_path


@pytest.fixture
def mine(folder: Path) -> Path:
    """Return the folder with data for networks of the suite, in ``mine.py``."""
    (folder / "mine.py").write_text(SUITED)
    return folder
