"""Samples made to fit a model: they say nothing of its quality, only how fast and how equal."""

from typing import Any

import keras
import numpy as np

from bench.worker.own.code import OwnError
from bench.worker.own.data import Samples
from bench.worker.own.model import PROBABILITIES, describe, final_activation
from bench.worker.structure import Structure, packed, tensors

LENGTH = 32
"""Of an axis that may have any."""


def samples(model: keras.Model, shown: str, *, train: int, test: int) -> Samples:
    """Return random inputs and targets of the right shapes, the same on every backend.

    Raises `OwnError` for a model that does not tell its inputs.
    """
    if not tensors(model, "inputs"):
        raise OwnError(
            f"{shown} is a subclassed model, which does not tell the shapes of its inputs: give "
            "data, --datasets file.py:load"
        )
    random = np.random.default_rng(0)
    total = train + test
    tokens = _least_tokens(model)
    arrays = [_input(random, tensor, total, tokens) for tensor in tensors(model, "inputs")]
    x = packed(model, "inputs", arrays)
    y = _targets(random, model, total)

    def cut(structure: Structure, rows: slice) -> Structure:
        return keras.tree.map_structure(lambda array: array[rows], structure)

    first, last = slice(train), slice(train, None)
    return Samples(
        x_train=cut(x, first), y_train=cut(y, first), x_test=cut(x, last), y_test=cut(y, last)
    )


def _input(random: np.random.Generator, tensor: Any, total: int, tokens: int) -> np.ndarray:
    shape = (total, *(extent or LENGTH for extent in tensor.shape[1:]))
    if str(tensor.dtype).startswith(("int", "uint", "bool")):
        return random.integers(0, tokens, shape, dtype=np.int32)
    return random.standard_normal(shape, dtype=np.float32)


def _least_tokens(model: keras.Model) -> int:
    """Return how many tokens each embedding of a model knows."""
    known = [layer.input_dim for layer in _layers(model) if type(layer).__name__ == "Embedding"]
    return min(known, default=2)


def _layers(model: Any) -> list[Any]:
    """Return the layers of a model and of the models and layers in it."""
    found = []
    for layer in getattr(model, "layers", []):
        found += [layer, *_layers(layer)]
        found += [part for part in vars(layer).values() if isinstance(part, keras.layers.Layer)]
    return found


def _targets(random: np.random.Generator, model: keras.Model, total: int) -> Structure:
    outputs = tensors(model, "outputs")
    losses = _losses(model, len(outputs))
    targets = [
        _target(random, output.shape, loss, total)
        for output, loss in zip(outputs, losses, strict=True)
    ]
    return packed(model, "outputs", targets)


def _losses(model: keras.Model, outputs: int) -> list[str]:
    """Return the name of each output's loss; of a model that is not compiled, a usual one."""
    if not model.compiled or model.loss is None:
        usual = ["mse"] * outputs
        units = tensors(model, "outputs")[0].shape[-1]
        if outputs == 1 and final_activation(model) in PROBABILITIES:
            usual = ["binary_crossentropy" if units == 1 else "sparse_categorical_crossentropy"]
        elif outputs == 1 and units and units > 1:
            usual = ["sparse_categorical_crossentropy"]
        return usual
    loss = model.loss
    if isinstance(loss, dict):
        loss = [loss.get(name) for name in model.output_names]
    if not isinstance(loss, list | tuple):
        loss = [loss] * outputs
    return [describe(each).lower().replace("_", "") for each in loss]


def _target(random: np.random.Generator, shape: Any, loss: str, total: int) -> np.ndarray:
    extents = (total, *(extent or LENGTH for extent in shape[1:]))
    loss = loss.replace("_", "")
    units = extents[-1]
    if "sparsecategorical" in loss:
        return random.integers(0, units, extents[:-1], dtype=np.int32)
    if "categorical" in loss:
        return np.eye(units, dtype=np.float32)[random.integers(0, units, extents[:-1])]
    if "binary" in loss or "hinge" in loss:
        return random.integers(0, 2, extents, dtype=np.int32)
    return random.standard_normal(extents, dtype=np.float32)
