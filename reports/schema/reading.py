"""Result files to records: whatever is wrong with one is a `RecordError`, and nothing else."""

import errno
import json
import os
import stat
from pathlib import Path
from typing import TypeVar

import msgspec

from reports.schema import schema1
from reports.schema.agreement import disagreement
from reports.schema.record import SCHEMA, Record
from reports.schema.text import is_plain, plain_values

T = TypeVar("T")

LARGEST_BYTES = 2**30
"""Of a result file. Ten thousand experiments of twenty epochs take half of it in pytest-benchmark's
form, and 0.04 of it as records. What is larger is something else, and would fill the memory."""

LONGEST_REASON = 200
"""Characters."""


class RecordError(ValueError):
    """Nothing that this version can read. The message says what was found."""


def file_bytes(path: Path, *, most: int = LARGEST_BYTES) -> bytes:
    """Return what a regular file holds, or one that a link leads to.

    Raises `OSError`, `RecordError` for more than ``most`` bytes and for what is no regular file: a
    pipe waits for ever, and a device has no end.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        raise RecordError("no regular file, but a device, a pipe or a socket")
    if found.st_size > most:
        raise RecordError(f"too large to be results: {found.st_size:,} bytes, at most {most:,}")
    with path.open("rb") as stream:
        content = stream.read(found.st_size + 1)
    if len(content) > found.st_size:
        raise RecordError("it grew while it was read")
    return content


def read(path: Path) -> object:
    """Return what a JSON file holds, its texts `reports.schema.text.plain`.

    Raises `RecordError`.
    """
    try:
        content = file_bytes(path)
    except OSError as error:
        raise RecordError(error.strerror or str(error)) from None
    try:
        value = _decoded(content)
        return value if is_plain(content) else plain_values(value)
    except RecursionError:
        raise RecordError("no results: brackets within brackets without end") from None
    except UnicodeError:
        raise RecordError("not a JSON file: its bytes are not UTF-8") from None
    except ValueError as error:  # of msgspec's, too
        raise RecordError(f"not a JSON file, or cut off: {error}") from None


def _decoded(content: bytes) -> object:
    """Return decoded JSON. Raises `ValueError`, `RecursionError`."""
    try:
        value: object = msgspec.json.decode(content)
    except msgspec.DecodeError:
        # Python writes what JSON does not know. Ours are null; another's benchmark may have them.
        if b"NaN" not in content and b"Infinity" not in content:
            raise
        return json.loads(content, parse_constant=lambda _: None)
    return value


def from_builtins(value: object) -> Record:
    """Return the record of a decoded JSON object. Raises `RecordError`."""
    schema = value.get("schema") if isinstance(value, dict) else None
    if not isinstance(value, dict) or type(schema) is not int:  # True is an int to isinstance
        raise RecordError("no record of this suite (it has no schema number)")
    if schema > SCHEMA:
        raise RecordError(
            f"a record of schema {schema}, written by a newer version; this one reads {SCHEMA}"
        )
    try:
        plain = schema1.upgraded(value) if schema == 1 else value
        record: Record = msgspec.convert(plain, Record)
    except msgspec.ValidationError as error:
        raise RecordError(_damaged(str(error))) from None
    if reason := disagreement(record):
        raise RecordError(_damaged(reason))
    return record


def _damaged(reason: str) -> str:
    """Return what is said of a record; its own texts are in it, of whatever length."""
    cut = len(reason) > LONGEST_REASON
    return f"a damaged record: {reason[:LONGEST_REASON]}{'…' if cut else ''}"


def read_marked(path: Path, kind: type[T], *, mark: str, newest: int) -> T:
    """Return what a file holds of a kind that is no record, whose ``mark`` is its schema's number.

    Raises `RecordError`.
    """
    value = read(path)
    number = value.get(mark) if isinstance(value, dict) else None
    if type(number) is not int:
        raise RecordError(f"no {mark} of this suite")
    if number > newest:
        raise RecordError(f"{mark} of schema {number}, written by a newer version")
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise RecordError(f"damaged {mark}: {error}") from None
