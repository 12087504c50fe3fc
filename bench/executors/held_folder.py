"""A folder for as long as its process lives, and then nobody's."""

import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path

import filelock

PREFIX = "keras-bench-run-"
LOCK = "held.lock"
YOUNG_SECONDS = 60
"""So long a folder may be there before its maker holds it."""


class HeldFolder:
    """A temporary folder that is held by a lock, which the system lets go when its process ends.

    Making one clears those that killed processes have left.
    """

    def __init__(self) -> None:
        _clear(Path(tempfile.gettempdir()))
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._lock = filelock.FileLock(self.path / LOCK)
        self._lock.acquire()

    def close(self) -> None:
        """Delete the folder."""
        self._lock.release()
        shutil.rmtree(self.path, ignore_errors=True)


def _clear(folder: Path) -> None:
    """Delete what nobody holds; what is another user's, or goes meanwhile, is left alone."""
    for path in folder.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, filelock.Timeout):
            mine = not hasattr(os, "getuid") or path.stat().st_uid == os.getuid()
            if not mine or path.is_symlink() or time.time() - path.stat().st_mtime < YOUNG_SECONDS:
                continue
            with filelock.FileLock(path / LOCK, timeout=0):
                shutil.rmtree(path, ignore_errors=True)
