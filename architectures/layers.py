"""Parameters of a built model, layer by layer, held to the budget."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from architectures.spec import Architecture

if TYPE_CHECKING:
    import keras


class BudgetError(ValueError):
    """A network has too few or too many trainable parameters for its experiment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One row of a network's summary."""

    name: str
    type: str
    """Class of the layer: ``Dense``."""
    output_shape: tuple[int | None, ...]
    """The leading ``None`` is the batch."""
    parameters: int
    """Trainable parameters."""


def layers(model: "keras.Model") -> tuple[Layer, ...]:
    """Return one row per layer of a built model, from input to output."""
    return tuple(
        Layer(
            name=layer.name,
            type=type(layer).__name__,
            output_shape=tuple(layer.output.shape),
            parameters=sum(math.prod(weight.shape) for weight in layer.trainable_weights),
        )
        for layer in model.layers
    )


def check_budget(architecture: Architecture, rows: Sequence[Layer]) -> int:
    """Return the trainable parameters of a network, which must satisfy ``|n - X| < X / 10``.

    Raises `BudgetError`, listing the parameters of every layer, when they do not.
    """
    total = sum(row.parameters for row in rows)
    reference = architecture.reference
    if abs(total - reference) * 10 < reference:
        return total
    listing = ", ".join(f"{row.name} {row.parameters:,}" for row in rows if row.parameters)
    raise BudgetError(
        f"{architecture.name} has {total:,} trainable parameters; its budget is more than "
        f"{reference * 9 // 10:,} and less than {reference * 11 // 10:,} (within 10 % of "
        f"{reference:,}). Layers: {listing or 'none with parameters'}."
    )
