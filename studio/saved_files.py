"""Files that the user names: always inside one folder, whatever the name."""

import re
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reports.schema.writing import whole_path

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}", re.ASCII)
WEIGHTS, MODEL = ".weights.h5", ".keras"
MOST_BYTES = 512 * 1024**2
"""Of a file that is sent to the studio."""


class FileNameError(ValueError):
    """Not a name for a file. The message is for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A file of the folder."""

    name: str
    size_bytes: int
    saved_at: str
    """Local time, to the minute."""


def rejection(rule: str, name: str) -> str:
    """Return why the browser did not send a file; ``rule`` is its word for it."""
    reasons = {
        "accept": f"it does not end with {WEIGHTS}: not a file of weights",
        "max-file-size": f"it is larger than {MOST_BYTES // 1024**2} MiB: no network here needs it",
        "duplicate": "it is being sent already",
    }
    return f"{name!r} was not sent: {reasons.get(rule, f'the browser says {rule!r}')}"


class Folder:
    """Weights and models that the user has saved."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def file(self, name: str, suffix: str) -> Path:
        """Return the path for a name, with its suffix. Raises `FileNameError`."""
        stem = name.strip().removesuffix(suffix)
        if not NAME.fullmatch(stem) or stem.endswith((".", " ")):
            raise FileNameError(
                f"{name!r} is no name for a file: letters, digits, spaces, dots, dashes and "
                "underscores, up to 100 of them, with a letter or digit in front"
            )
        return self.path / f"{stem}{suffix}"

    def keep(self, source: Path, name: str) -> Path:
        """Copy a file of weights under a name. Raises `FileNameError`, `OSError`."""
        target = self.file(name, WEIGHTS)
        with whole_path(target) as partial:
            shutil.copyfile(source, partial)
        return target

    def receive(self, content: bytes, name: str) -> Path:
        """Store weights that were sent. Raises `FileNameError`, `OSError`."""
        if not name.endswith(WEIGHTS):
            raise FileNameError(f"{name!r} does not end with {WEIGHTS}: not a file of weights")
        target = self.file(name, WEIGHTS)
        if target.exists():
            raise FileNameError(f"{target.name} is there already; rename the one that you send")
        with whole_path(target) as partial:
            partial.write_bytes(content)
        return target

    def saved(self) -> list[Saved]:
        """Return the files, the latest first."""
        paths = [p for s in (WEIGHTS, MODEL) for p in self.path.glob(f"*{s}") if p.is_file()]
        paths = [path for path in paths if ".partial" not in path.name]
        paths.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        return [
            Saved(
                name=path.name,
                size_bytes=path.stat().st_size,
                saved_at=f"{datetime.fromtimestamp(path.stat().st_mtime):%Y-%m-%d %H:%M}",
            )
            for path in paths
        ]
