"""Files of data that are whole or not there."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def whole_path(path: Path) -> Iterator[Path]:
    """Give a path to write to, which becomes ``path`` in one rename.

    After an error nothing is left: half a file would fill a full disk for good.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
