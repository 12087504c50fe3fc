"""Samples of networks with one input or several: arrays, or tuples and dictionaries of arrays."""

from typing import Any

import keras
import numpy as np

Structure = Any
"""An array whose first axis counts samples, or a nest of such arrays."""


def take(samples: Structure, rows: Any) -> Structure:
    """Return some samples of a structure: by a slice, or by numbers ``(n,)``."""
    if isinstance(samples, np.ndarray):
        return samples[rows]
    return keras.tree.map_structure(lambda array: array[rows], samples)


def leaves(samples: Structure) -> list[np.ndarray]:
    """Return the arrays of a structure."""
    arrays: list[np.ndarray] = keras.tree.flatten(samples)
    return arrays


def tensors(model: keras.Model, side: str) -> list[Any]:
    """Return the symbolic ``inputs`` or ``outputs`` of a model; none where it tells none."""
    return list(getattr(model, side, None) or [])


def packed(model: keras.Model, side: str, values: list[Any]) -> Structure:
    """Return one value for each of a model's ``inputs`` or ``outputs``, nested as these are."""
    if len(values) == 1 and isinstance(model, keras.Sequential):
        return values[0]  # which tells of its tensors in a list alone
    return keras.tree.pack_sequence_as(getattr(model, side.removesuffix("s")), values)


def count(samples: Structure) -> int:
    """Return the number of samples."""
    return len(leaves(samples)[0])
