"""A training's whole state on disk, so that a stopped one goes on as if it had not been stopped."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from bench.store import whole_file

if TYPE_CHECKING:
    import keras


@dataclass(slots=True, kw_only=True)
class Trained:
    """What training has measured so far, one value per epoch."""

    train: list[dict[str, float]] = field(default_factory=list)
    validation: list[dict[str, float]] = field(default_factory=list)
    epoch_seconds: list[float] = field(default_factory=list)
    fit_setup_seconds: list[float] = field(default_factory=list)
    evaluation_seconds: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    """Epochs, counted from 0, that were the first of a process."""
    peak_memory_bytes: int = 0
    """Of the processes before this one, as the following two."""
    other_core_seconds: float = 0.0
    """Taken by others (`bench.environment.LoadOfOthers`)."""
    measured_seconds: float = 0.0
    """In which they were taken."""


def save(path: Path, model: keras.Model, trained: Trained) -> None:
    """Write the state, whole or not at all. Raises `OSError`."""
    arrays = {f"v{i}": np.asarray(value) for i, value in enumerate(_variables(model))}
    history = np.frombuffer(msgspec.json.encode(trained), np.uint8)
    with whole_file(path) as stream:
        np.savez(stream, allow_pickle=False, trained=history, **arrays)


def measured(path: Path) -> Trained:
    """Return what had been measured until a checkpoint; nothing if it is missing or damaged."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return msgspec.json.decode(arrays["trained"].tobytes(), type=Trained)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, EOFError, msgspec.DecodeError):
        return Trained()


def restore(path: Path, model: keras.Model) -> Trained:
    """Give the model the saved state and return what had been measured.

    Returns an empty `Trained` if nothing was saved. Raises `ValueError` if what was saved is
    damaged; the model is then as it was.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            trained = msgspec.json.decode(arrays["trained"].tobytes(), type=Trained)
            variables = _variables(model)
            values = [arrays[f"v{i}"] for i in range(len(variables))]
            if [value.shape for value in values] != [tuple(v.shape) for v in variables]:
                raise ValueError("it is of another network")
    except (FileNotFoundError, NotADirectoryError):
        return Trained()
    except (
        OSError,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        EOFError,
        msgspec.DecodeError,
    ) as error:
        raise ValueError(f"the checkpoint {path.name} is damaged: {error}") from None
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    return trained


def _variables(model: keras.Model) -> list[keras.Variable]:
    """Return all state: weights, states of the random generators of dropout, the optimizer's."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]
