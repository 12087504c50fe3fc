"""Files that are whole or not there."""

import contextlib
import glob
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that appears under its name only when it is complete and on the disk.

    Raises `OSError`; nothing is left behind then.
    """
    with whole_path(path) as partial, partial.open("wb") as stream:
        yield stream


@contextlib.contextmanager
def whole_path(path: Path, suffix: str = ".partial") -> Iterator[Path]:
    """Give a path to write to; what was written appears under ``path`` as `whole_file` says.

    ``suffix`` is how its name ends, for a writer that goes by that.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}{suffix}")
    try:
        yield partial
        with partial.open("r+b") as stream:
            os.fsync(stream.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def clear(path: Path) -> None:
    """Delete a file, and what writers of it left that were killed. Raises `OSError`."""
    for partial in path.parent.glob(f"{glob.escape(path.name)}.*.partial*"):
        partial.unlink(missing_ok=True)
    path.unlink(missing_ok=True)
