"""Paths of results, looked at before there are any."""

import errno
import os
from pathlib import Path

import pytest

from bench.selection import PlanError
from bench.writable import require_file, require_folder


def test_folders_are_made_and_nothing_is_left_in_them(tmp_path: Path) -> None:
    require_folder("--output", tmp_path / "a" / "b")
    require_file("--json", tmp_path / "c" / "found.json")
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "a", tmp_path / "a" / "b", tmp_path / "c"]


def test_what_is_there_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "found.json"
    path.write_text("{}")
    require_file("--json", path)
    assert path.read_text() == "{}"


def test_a_device_takes_what_comes() -> None:
    require_file("--json", Path(os.devnull))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("folder", errno.EISDIR),
        ("file/found.json", errno.EEXIST),
        ("file/deep/found.json", errno.ENOTDIR),
        ("a" * 5000, errno.ENAMETOOLONG),
    ],
)
def test_what_cannot_be_written_is_one_line(tmp_path: Path, name: str, reason: int) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(PlanError) as raised:
        require_file("--json", tmp_path / name)
    assert str(raised.value) == (
        f"--json {tmp_path / name}: {os.strerror(reason)}; it has to be a file that can be written"
    )
