"""What a training has measured so far: the part of a checkpoint that needs no Keras to be read."""

import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

ARRAY = "trained"
"""Name of the state among the arrays of a checkpoint, as JSON in bytes."""
DAMAGE = (
    *(OSError, EOFError, KeyError, ValueError, TypeError, MemoryError, OverflowError),
    *(SyntaxError, RuntimeError, zipfile.BadZipFile, zlib.error, msgspec.DecodeError),
)
"""What reading a damaged checkpoint raises: numpy, zipfile and zlib have errors of many kinds."""


@dataclass(slots=True, kw_only=True)
class TrainingState:
    """One value per epoch."""

    train: list[dict[str, float]] = field(default_factory=list)
    validation: list[dict[str, float]] = field(default_factory=list)
    epoch_seconds: list[float] = field(default_factory=list)
    fit_setup_seconds: list[float] = field(default_factory=list)
    evaluation_seconds: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    """Epochs, counted from 0, that were the first of a process."""
    machines: list[str] = field(default_factory=list)
    """Of each of these processes (`reports.schema.environment.Environment.machine`)."""
    peak_memory_bytes: int = 0
    """Of the processes before this one, as the following two."""
    other_core_seconds: float = 0.0
    """Taken by others (`bench.worker.environment.LoadOfOthers`)."""
    measured_seconds: float = 0.0
    """In which they were taken."""


def decode(array: np.ndarray) -> TrainingState:
    """Return the state that an array of bytes holds. Raises `msgspec.DecodeError`."""
    return msgspec.json.decode(array.tobytes(), type=TrainingState)


def encode(state: TrainingState) -> np.ndarray:
    """Return the state as an array of bytes, ``(n,)`` uint8."""
    return np.frombuffer(msgspec.json.encode(state), np.uint8)


def read(path: Path) -> TrainingState:
    """Return what had been measured until a checkpoint; nothing if it is missing or damaged."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return decode(arrays[ARRAY])
    except DAMAGE:
        return TrainingState()
