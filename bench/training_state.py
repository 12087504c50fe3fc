"""What a training has measured so far: the part of a checkpoint that needs no Keras to be read."""

import zipfile
import zlib
from dataclasses import dataclass, field
from math import nan
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from reports.schema.durations import stalled

ARRAY = "trained"
"""Name of the state among the arrays of a checkpoint, as JSON in bytes."""
DAMAGE = (
    *(OSError, EOFError, KeyError, ValueError, TypeError, MemoryError, OverflowError),
    *(
        SyntaxError,
        RuntimeError,
        AttributeError,
        zipfile.BadZipFile,
        zlib.error,
        msgspec.DecodeError,
    ),
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
    """Of each of these processes, with what it could use (`bench.worker.environment.place`)."""
    jobs: int = 1
    """The most experiments that ran side by side with one of them, itself included."""
    peak_memory_bytes: int = 0
    """Of the processes before this one."""
    others: list[tuple[float, float]] = field(default_factory=list)
    """Core-seconds that others took (`bench.worker.environment.LoadOfOthers`), and the seconds in
    which they did, of each epoch with its validation."""

    @property
    def other_load(self) -> float | None:
        """Mean cores that others took, without the epochs in which the training stood still."""
        first = len(self.epoch_seconds) - len(self.others)  # an older checkpoint had no such list
        told = list(enumerate(self.others, start=first))
        later = [pair for at, pair in told if at not in self.starts]
        gone = stalled([seconds for _, seconds in later])
        kept = [pair for at, pair in told if at in self.starts]
        kept += [pair for pair, stood_still in zip(later, gone, strict=True) if not stood_still]
        seconds = sum(each for _, each in kept)
        return max(0.0, sum(taken for taken, _ in kept)) / seconds if seconds else None


def decode(array: np.ndarray) -> TrainingState:
    """Return the state that an array of bytes holds. Raises one of `DAMAGE`."""
    written = msgspec.json.decode(array.tobytes(), type=dict[str, Any])
    for phase in ("train", "validation"):  # JSON knows nothing that is not finite but null
        written[phase] = [
            {name: nan if value is None else value for name, value in epoch.items()}
            for epoch in written[phase]
        ]
    return msgspec.convert(written, TrainingState)


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
