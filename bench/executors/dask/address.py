"""Where a cluster is: what ``--cluster`` may be, and the file that a scheduler writes."""

import re
import time
from pathlib import Path

import msgspec

from bench.machine import usable_cores
from reports.schema.text import plain

LOCAL = "local:"
FORMS = "tcp://HOST:PORT, tls://HOST:PORT, the file that a scheduler writes, or local:N"
SCHEMES = ("tcp", "tls", "ws", "wss", "ucx")
URL = re.compile(
    r"(?P<scheme>[a-z]+)://(\[[0-9A-Fa-f:.%\w]+\]|[^\s\[\]/?#@:]+):(?P<port>[0-9]{1,5})/?"
)
FILE_SECONDS = 15
"""How long a scheduler that has just been started may take to write its file."""
REST_SECONDS = 1
"""How long it may take from the first byte to the last."""
MOST_BYTES = 2**20
"""Of such a file."""


class AddressError(ValueError):
    """No address of a cluster. The message is one line."""


def workers(text: str) -> int | None:
    """Return how many workers on this machine are asked for; None for a scheduler's address.

    A file of a scheduler need not be there yet. Raises `AddressError`.
    """
    if text.startswith(LOCAL):
        return _count(text.removeprefix(LOCAL))
    if "://" in text:
        _check(text)
    elif text.endswith(".json") and not _exists(text):
        pass
    else:
        read(text)
    return None


def read(text: str) -> str:
    """Return the address of a scheduler, from its file if need be. Raises `AddressError`."""
    if "://" in text:
        return _check(text)
    file, deadline = Path(text), time.monotonic() + FILE_SECONDS
    while not _exists(text):
        if not text.endswith(".json") or time.monotonic() > deadline:
            raise AddressError(f"no such file, and no address; expected {FORMS}")
        time.sleep(0.1)
    deadline = time.monotonic() + REST_SECONDS
    while True:
        try:
            return _address(file)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            if time.monotonic() > deadline:
                why = f"no scheduler's file: it is not JSON ({plain(str(error))})"
                raise AddressError(why) from None
            time.sleep(0.1)


def shown(text: str) -> str:
    """Return an address as part of a line."""
    return plain(text)[:200] or "''"


def _count(digits: str) -> int:
    most = len(usable_cores())
    if not re.fullmatch(r"[0-9]{1,9}", digits) or not 1 <= int(digits) <= most:
        raise AddressError(
            f"local:N takes a number of workers from 1 to {most}, the cores that this process may "
            "use"
        )
    return int(digits)


def _check(url: str) -> str:
    match = URL.fullmatch(url)
    if match is None or match["scheme"] not in SCHEMES or not 0 < int(match["port"]) < 2**16:
        raise AddressError(f"no address of a Dask scheduler; expected {FORMS}")
    return url


def _exists(text: str) -> bool:
    try:
        return bool(text) and Path(text).exists()
    except (OSError, ValueError):  # too long for a name, or not one
        return False


def _address(file: Path) -> str:
    """Return the address in a scheduler's file. Raises `AddressError`, or what decoding does."""
    try:
        if not file.is_file():  # a pipe would be waited for
            raise AddressError("a folder or a device, no scheduler's file")
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise AddressError(f"cannot be read: {error.strerror}") from None
    if len(content) > MOST_BYTES:
        raise AddressError(f"no scheduler's file: it has more than {MOST_BYTES:,} bytes")
    value = msgspec.json.decode(content)
    address = value.get("address") if isinstance(value, dict) else None
    if not isinstance(address, str):
        raise AddressError("no scheduler's file: it has no address such as tcp://host:8786")
    try:
        return _check(address)
    except AddressError:
        raise AddressError(
            f"no scheduler's file: its address is {shown(address)}, expected one such as "
            "tcp://host:8786"
        ) from None
