"""A network as its record tells of it: size, budget and layers."""

from dataclasses import dataclass

from reports.schema.ranges import Count, Shape, Some, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer of the network."""

    name: Text
    type: Text
    output_shape: Shape
    """The leading null is the batch."""
    parameters: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Size of the network against its budget."""

    parameters: Count
    budget_reference: Some | None
    """Null where there is no budget, as the following."""
    budget: tuple[Count, Count] | None
    """Open interval for the parameters."""
    revision: Count
    layers: tuple[Layer, ...]
    input_shape: Shape | None = None
    """The leading null is the batch."""
    step_flops: Count | None = None
    """Operations of a training step, counted in its program; null where they were not counted."""

    @property
    def within_budget(self) -> bool:
        """Whether the parameters are, where there is a budget."""
        return self.budget is None or self.budget[0] < self.parameters < self.budget[1]
