"""A network as a drawing: every layer with its output shape and parameters."""

import re
from dataclasses import dataclass

from reports.schema.record import Network

LONGEST = 40
"""Letters of a label: more do not fit into a box."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One layer of the drawing."""

    label: str
    shape: str
    """Output: ``batch × 28 × 28``."""
    parameters: int | None
    """None for the input."""


def boxes(network: Network) -> tuple[Box, ...]:
    """Return the input and every layer."""
    layers = tuple(
        Box(
            label=_plain(layer.type),
            shape=_shape(layer.output_shape),
            parameters=layer.parameters,
        )
        for layer in network.layers
    )
    if network.input_shape is None:
        return layers
    return (Box(label="input", shape=_shape(network.input_shape), parameters=None), *layers)


def mermaid(network: Network) -> str:
    """Return the drawing as a Mermaid flowchart, which Git hosts draw in Markdown."""
    layers = boxes(network)
    lines = ["flowchart TD"]
    for number, box in enumerate(layers):
        parts = [
            box.label,
            box.shape,
            *([f"{box.parameters:,} parameters"] if box.parameters else []),
        ]
        lines.append(f'    l{number}["{"<br>".join(parts)}"]')
    lines += [f"    l{number} --> l{number + 1}" for number in range(len(layers) - 1)]
    return "\n".join(lines)


def _shape(extents: tuple[int | None, ...]) -> str:
    return " × ".join("batch" if extent is None else f"{extent:,}" for extent in extents)


def _plain(text: str) -> str:
    """Leave nothing that could be markup or lead elsewhere."""
    return re.sub(r"[^\w .-]", "", text)[:LONGEST]
