"""Parameters of a built model, layer by layer, held to the budget."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from architectures.spec import Scale

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


def total(rows: Sequence[Layer]) -> int:
    """Return the trainable parameters of a network."""
    return sum(row.parameters for row in rows)


def check_budget(name: str, rows: Sequence[Layer], scale: Scale | None) -> int:
    """Return the trainable parameters of a network, which must lie within its budget if it has one.

    Raises `BudgetError`, listing the parameters of every layer, when they do not.
    """
    if scale is None:
        return total(rows)
    low, high = scale.budget
    if low < total(rows) < high:
        return total(rows)
    listing = ", ".join(f"{row.name} {row.parameters:,}" for row in rows if row.parameters)
    raise BudgetError(
        f"{name} has {total(rows):,} trainable parameters; its budget is more than {low:,} and "
        f"less than {high:,} (within 10 % of {scale.budget_reference:,}). Layers: "
        f"{listing or 'none with parameters'}."
    )
