"""The content of a data file: unpacked if gzip packed it, and never more than there can be."""

import gzip
import zlib
from pathlib import Path

from datasets.spec import DataError

MOST_BYTES = 1 << 28
"""Of one file, unpacked; the largest of the published ones has a third of it. A few megabytes of a
hostile archive would fill the memory."""


def content(path: Path) -> bytes:
    """Return the bytes of a file, of what is in it where it is gzip's. Raises `DataError`."""
    try:
        with path.open("rb") as stream:
            packed = stream.read(2) == b"\x1f\x8b"
            stream.seek(0)
            whole = (gzip.GzipFile(fileobj=stream) if packed else stream).read(MOST_BYTES + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: not a whole gzip file: {error}") from None
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
    if len(whole) > MOST_BYTES:
        raise DataError(f"{path}: holds more than {MOST_BYTES:,} bytes; it is not the data set's")
    return whole
