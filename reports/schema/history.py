"""The history beside the records of a folder: every run ever made, a file each, none replaced.

``history/<moment>-<hash>.json`` holds one record; the hash is that of its bytes, so that a file is
what its name says, two writers never meet, and a record that is put in twice is there once.
"""

import hashlib
import re
from pathlib import Path

from reports.schema.record import Record, encode
from reports.schema.writing import whole_file

FOLDER = "history"


def keep(folder: Path, record: Record) -> Path:
    """Put a record into the history of a folder, whole; return its path. Raises `OSError`."""
    content = encode(record)
    moment = re.sub(r"\D", "", record.started_at)[:14]
    path = folder / FOLDER / f"{moment}-{hashlib.sha256(content).hexdigest()[:16]}.json"
    if not path.exists():
        with whole_file(path) as stream:
            stream.write(content)
    return path
