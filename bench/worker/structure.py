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
    """Return one value for each of a model's ``inputs`` or ``outputs``, nested as these are.

    One that stands alone is not nested: neither is what such a model returns.
    """
    nested = getattr(model, side.removesuffix("s")) if len(values) > 1 or _named(model, side) else 0
    return keras.tree.pack_sequence_as(nested, values) if nested else values[0]


def _named(model: keras.Model, side: str) -> bool:
    """Return whether a model's one input or output has a name in a dictionary."""
    if isinstance(model, keras.Sequential):
        return False
    return isinstance(getattr(model, side.removesuffix("s")), dict)


def count(samples: Structure) -> int:
    """Return the number of samples."""
    return len(leaves(samples)[0])
