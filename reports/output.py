"""Files of a page: written, or held against what is there."""

from collections.abc import Mapping
from pathlib import Path

PICTURE = ".svg"
"""How pictures end: their bytes depend on matplotlib's version, so that they only must be there."""


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write texts by file name. Raises `OSError`."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def stale(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Return the files that are missing, or texts that are other than these."""
    return [
        folder / name
        for name, content in files.items()
        if not (folder / name).is_file()
        or (not name.endswith(PICTURE) and (folder / name).read_text("utf-8") != content)
    ]
