"""Where records are kept: one JSON file each, written whole or not at all."""

import os
from pathlib import Path

from reports.record import Record, encode


class Store:
    """A folder of records."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, record: Record) -> Path:
        """Write one record and return its path; a later run of the same experiment replaces it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{record.profile}-{record.id}.json"
        partial = path.with_suffix(f".{os.getpid()}.partial")
        with partial.open("wb") as stream:
            stream.write(encode(record))
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
        return path
