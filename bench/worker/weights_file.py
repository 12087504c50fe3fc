"""What a file of weights says of itself, found out by a process of its own.

HDF5's reader, which is Keras' too, crashes on some damaged files and never ends on others.
"""

import json
import math
import re
import reprlib
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from bench.machine import ROOT

COMMAND = (sys.executable, "-m", "bench.worker.weights_file")
SECONDS = 20
"""How long it may take to read a file."""
MOST_BYTES = 2**29
"""Of an array."""
SAID = {"architecture": str, "revision": int, "weights": str}
"""Attributes without which a file of weights is not used, and what they are."""
CHARACTERS = 300
"""Of somebody else's error, in a line of ours."""
NAME = re.compile(r"[\w/.:-]{1,99}", re.ASCII)


class WeightsError(ValueError):
    """A file of weights that cannot be used. The message says what it is and what was expected."""


def ask(path: Path) -> dict[str, Any]:
    """Do what `read` does, and survive it. Raises `WeightsError`."""
    command = [*COMMAND, str(path.absolute())]
    late = f"{path.name} is damaged: it could not be read within {SECONDS} seconds"
    try:
        done = subprocess.run(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS + 5
        )
    except subprocess.TimeoutExpired:
        raise WeightsError(late) from None
    if hasattr(signal, "SIGALRM") and done.returncode == -signal.SIGALRM:
        raise WeightsError(late)
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise WeightsError(
            f"{path.name} is damaged: its reader crashed (status {done.returncode})"
        ) from None
    if "problem" in answer:
        raise WeightsError(answer["problem"])
    return answer


def read(path: Path) -> dict[str, Any]:
    """Return the attributes of `SAID`, having read everything once.

    Raises `WeightsError` for anything but a whole file, and for arrays that may fill the memory.
    """
    try:
        if not path.is_file():  # a pipe would be waited for
            what = "something else is there" if path.exists() else "it is not there"
            raise WeightsError(f"{path.name} is no file of weights: {what}")
        with h5py.File(path, "r") as file:
            attributes = {name: _plain(file.attrs[name]) for name in SAID if name in file.attrs}
            _check_types(path.name, attributes)
            _read_all(path.name, file)
    except WeightsError:
        raise
    except Exception as error:  # HDF5's reader has many for what it does not understand
        raise WeightsError(
            f"{path.name} is no file of weights, or damaged: {line(error)}"
        ) from None
    return attributes


def _check_types(name: str, attributes: dict[str, Any]) -> None:
    """Raise `WeightsError` unless a file says what it is of."""
    if missing := sorted(SAID.keys() - attributes.keys()):
        raise WeightsError(
            f"{name} does not say which network its weights are of (no {', '.join(missing)}): not "
            "saved by this suite"
        )
    for attribute, kind in SAID.items():
        if type(attributes[attribute]) is not kind:
            raise WeightsError(
                f"{name} is damaged: its {attribute} is {short(attributes[attribute])}, expected "
                f"{'a whole number' if kind is int else 'text'}"
            )


def _read_all(name: str, file: h5py.File) -> None:
    """Read every array; raise `WeightsError` for one that may fill the memory."""

    def check(place: str, item: h5py.Group | h5py.Dataset) -> None:
        dict(item.attrs)
        if not isinstance(item, h5py.Dataset):
            return
        count = max(item.size or 0, math.prod(item.chunks or ()))
        if count * item.dtype.itemsize > MOST_BYTES:
            raise WeightsError(
                f"{name} is damaged: {short(place)} has {count:,} values, more than any network "
                "here"
            )
        if item.external or item.is_virtual:
            raise WeightsError(f"{name} is damaged: {short(place)} is in another file")
        item[()]

    file.visititems(check)


def line(error: Exception) -> str:
    """Return an error in one line; Keras says only in the second what is wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = " ".join(lines[: 2 if lines[0].endswith(":") else 1]) if lines else type(error).__name__
    return "".join(c if c.isprintable() else "?" for c in text[:CHARACTERS])


def short(value: Any) -> str:
    """Return a value of a file as part of a line."""
    if isinstance(value, str) and NAME.fullmatch(value):
        return value
    return " ".join(reprlib.repr(value).split())


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def main() -> None:
    """Print what `read` returns, or its problem, as JSON."""
    if hasattr(signal, "alarm"):
        signal.alarm(SECONDS)  # ends this process, which may be in a loop without end
    try:
        answer = read(Path(sys.argv[1]))
    except WeightsError as error:
        answer = {"problem": str(error)}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
