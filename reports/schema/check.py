"""One quantity of a network on a backend, held against a float64 reference."""

from dataclasses import dataclass
from typing import Literal

from reports.schema.ranges import Error, Text

Quantity = Literal["outputs", "loss", "confident", "gradient", "curve", "layer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One quantity of a network on a backend, against a float64 reference."""

    quantity: Quantity
    """``confident``: the loss where logits are in the tens and hundreds. ``curve``: the loss of an
    epoch of training. ``layer``: what a layer gives, of an own network, in their order."""
    tensor: Text | None
    """Which gradient, epoch or layer; null where there is but one."""
    error: Error | None
    """Euclidean norm of the difference over that of the reference; null if not finite."""
    bound: Error
    """The largest error that counts as equal."""

    @property
    def holds(self) -> bool:
        """Whether the error is within its bound."""
        return self.error is not None and self.error <= self.bound
