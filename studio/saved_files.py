"""Files that the user names: always inside one folder, whatever the name."""

import contextlib
import shutil
import stat
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reports.schema.writing import whole_path

MARKS = {"Mn", "Mc"}
"""Parts of letters: accents, vowel signs."""
LONGEST_BYTES = 220
"""Of a name without its ending; while it is written, the name is longer, and 255 are possible."""
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


def _is_name(stem: str) -> bool:
    """Return whether a text is no path, not hidden, and short enough, in any language."""
    known = all(
        letter.isalnum() or letter in " ._+-" or unicodedata.category(letter) in MARKS
        for letter in stem
    )
    return (
        known
        and stem[:1].isalnum()
        and not stem.endswith((".", " "))
        and len(stem.encode()) <= LONGEST_BYTES
    )


class Folder:
    """Weights and models that the user has saved."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def file(self, name: str, suffix: str) -> Path:
        """Return the path for a name, with its suffix. Raises `FileNameError`."""
        stem = unicodedata.normalize("NFC", name.strip().removesuffix(suffix))
        if not _is_name(stem):
            raise FileNameError(
                f"{name!r} is no name for a file: letters, digits, spaces, dots, dashes, "
                "underscores and plus signs, with a letter or digit in front and no more than "
                f"{LONGEST_BYTES} bytes"
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
        paths = [p for s in (WEIGHTS, MODEL) for p in self.path.glob(f"*{s}")]
        found = []
        for path in paths:
            with contextlib.suppress(OSError):  # it was deleted meanwhile
                status = path.stat()
                if stat.S_ISREG(status.st_mode) and ".partial" not in path.name:
                    found.append((status.st_mtime, path.name, status.st_size))
        return [
            Saved(
                name=name,
                size_bytes=size,
                saved_at=f"{datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M}",
            )
            for seconds, name, size in sorted(found, reverse=True)
        ]
