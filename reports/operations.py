"""How much a network has to compute and to move: counted from its layers, not measured.

A multiplication and an addition are two operations. Biases, activations, pooling, dropout, the loss
and the optimizer are left out of the operations: together they are a few percent. What a recurrent
layer does in each step of time counts as often as there are steps, which the compilers' own counts
get wrong.
"""

import math
from dataclasses import dataclass

from reports.schema.record import Layer, Network

BYTES = 4
"""Of a float32."""
STATE = {"adam": 2, "rmsprop": 1, "sgd": 0}
"""Values that an optimizer keeps for each weight."""
KINDS = ("Dense", "Conv1D", "Conv2D", "LSTM", "Embedding")
"""Layers with parameters whose work can be counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Of one training step on one batch."""

    flops: int
    """Forward pass, gradients of the weights and gradients of the inputs."""
    forward_flops: int
    bytes: int
    """Least traffic with memory: see `of`."""


def of(network: Network, *, batch_size: int, optimizer: str) -> Work | None:
    """Count one training step; None where a layer or the optimizer is of another kind, or no work.

    Bytes: the batch is read; weights are read forward and backward; gradients are written and read;
    the optimizer reads and writes weights and its own state (two values a weight for Adam, one for
    RMSprop); each layer's output is written once and read once backward. Whatever fits into caches
    moves less, so this bounds a memory that is never reused.
    """
    before = network.input_shape
    if before is None or optimizer not in STATE:
        return None
    forward = backward = outputs = 0
    first = True
    for layer in network.layers:
        if not _countable(layer, before):
            return None
        once = _forward(layer, before) * batch_size
        forward += once
        # The gradient of the weights costs as much as the forward pass, and so does that of the
        # inputs. The first layer with weights need not pass it on, but an LSTM's steps do so from
        # each to the one before.
        backward += once + (_recurrent(layer, before) * batch_size if first else once)
        first = first and layer.parameters == 0
        outputs += batch_size * math.prod(_extents(layer.output_shape))
        before = layer.output_shape
    if not forward:
        return None
    inputs = batch_size * math.prod(_extents(network.input_shape or ()))
    moved = inputs + 2 * outputs + network.parameters * (2 + 2 + 2 + 2 * STATE[optimizer])
    return Work(flops=forward + backward, forward_flops=forward, bytes=moved * BYTES)


def _forward(layer: Layer, before: tuple[int | None, ...]) -> int:
    """Return the operations of one sample."""
    if layer.parameters == 0 or layer.type == "Embedding":
        return 0  # an embedding looks up
    shape = _extents(layer.output_shape)
    units = shape[-1]
    if layer.type == "LSTM":
        steps, inputs = _extents(before)[0], _extents(before)[-1]
        biases = 0 if layer.parameters == 4 * units * (inputs + units) else 4 * units
        return steps * 2 * (layer.parameters - biases)
    places = math.prod(shape[:-1])  # one for a dense layer on vectors
    return places * 2 * (layer.parameters - _biases(layer, before))


def _biases(layer: Layer, before: tuple[int | None, ...]) -> int:
    """Return how many of a dense or convolutional layer's parameters are added, not multiplied."""
    units, inputs = _extents(layer.output_shape)[-1], (_extents(before) or (1,))[-1]
    if layer.type == "Dense":
        return 0 if layer.parameters == inputs * units else units
    return 0 if inputs > 1 and layer.parameters % (inputs * units) == 0 else units


def _countable(layer: Layer, before: tuple[int | None, ...]) -> bool:
    """Return whether its work is known: a layer of a kind and of shapes that go together."""
    if layer.parameters == 0:
        return True
    extents = _extents(layer.output_shape)
    if layer.type == "LSTM":
        return bool(extents and _extents(before)) and layer.parameters >= 4 * extents[-1]
    return layer.type in KINDS and bool(extents) and layer.parameters >= extents[-1]


def _recurrent(layer: Layer, before: tuple[int | None, ...]) -> int:
    """Return those operations of one sample that an LSTM's state takes part in."""
    if layer.type != "LSTM":
        return 0
    units = _extents(layer.output_shape)[-1]
    return _extents(before)[0] * 2 * 4 * units * units


def _extents(shape: tuple[int | None, ...]) -> tuple[int, ...]:
    return tuple(extent for extent in shape if extent is not None)
