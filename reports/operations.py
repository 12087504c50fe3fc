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
KINDS = ("Dense", "Conv1D", "Conv2D", "LSTM", "Embedding")
"""Layers that have parameters; those of other kinds are not counted, and raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Of one training step on one batch."""

    flops: int
    """Forward pass, gradients of the weights and gradients of the inputs."""
    forward_flops: int
    bytes: int
    """Least traffic with memory: see `of`."""


def of(network: Network, *, batch_size: int, optimizer: str) -> Work:
    """Count one training step.

    Bytes: the batch is read; weights are read forward and backward; gradients are written and read;
    the optimizer reads and writes weights and its own state (two values a weight for Adam, one for
    RMSprop); each layer's output is written once and read once backward. Whatever fits into caches
    moves less, so this bounds a memory that is never reused.
    Raises `ValueError` for a layer that has parameters and is not known.
    """
    before = network.input_shape
    if before is None:
        raise ValueError("this record has no input shape")
    forward = backward = outputs = 0
    first = True
    for layer in network.layers:
        once = _forward(layer, before) * batch_size
        forward += once
        # The gradient of the weights costs as much as the forward pass, and so does that of the
        # inputs, which the first layer with weights need not pass on.
        backward += once if first else 2 * once
        first = first and layer.parameters == 0
        outputs += batch_size * math.prod(_extents(layer.output_shape))
        before = layer.output_shape
    state = {"adam": 2, "rmsprop": 1}[optimizer]
    inputs = batch_size * math.prod(_extents(network.input_shape or ()))
    moved = inputs + 2 * outputs + network.parameters * (2 + 2 + 2 + 2 * state)
    return Work(flops=forward + backward, forward_flops=forward, bytes=moved * BYTES)


def _forward(layer: Layer, before: tuple[int | None, ...]) -> int:
    """Return the operations of one sample."""
    if layer.parameters == 0 or layer.type == "Embedding":
        return 0  # an embedding looks up
    shape = _extents(layer.output_shape)
    units = shape[-1]
    if layer.type == "LSTM":
        steps = _extents(before)[0]
        return steps * 2 * (layer.parameters - 4 * units)
    if layer.type not in KINDS:
        raise ValueError(f"no count for a layer of type {layer.type}")
    places = math.prod(shape[:-1])  # one for a dense layer on vectors
    return places * 2 * (layer.parameters - units)


def _extents(shape: tuple[int | None, ...]) -> tuple[int, ...]:
    return tuple(extent for extent in shape if extent is not None)
