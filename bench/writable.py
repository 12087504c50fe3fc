"""Where results will be written: looked at before they are measured, which may take hours."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.selection import PlanError


def require_folder(option: str, folder: Path) -> None:
    """Make a folder, and sure that files can be written there. Raises `PlanError`."""
    with _said(option, folder, "name a folder that can be written"):
        probe(folder)


def require_file(option: str, path: Path) -> None:
    """Make sure that a file can be written; its folder is made. Raises `PlanError`."""
    with _said(option, path, "it has to be a file that can be written"):
        if not path.exists():
            probe(path.parent)
        elif path.is_file() or path.is_dir():  # else a device or a pipe, which takes what comes
            path.open("ab").close()


def probe(folder: Path) -> None:
    """Make a folder, and write a file in it that is gone at once. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"{}")


@contextlib.contextmanager
def _said(option: str, path: Path, hint: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PlanError(f"{option} {path}: {error.strerror or error}; {hint}") from None
