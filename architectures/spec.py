"""What is known about a network before Keras is imported."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import keras

Modality = Literal["tabular", "image", "sequential"]
Kind = Literal["mlp", "cnn", "rnn"]
Shape = tuple[int, ...]
"""Of one sample, without the batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A network at the size for data of one shape: its count there, and what that is held to."""

    shape: Shape
    """Of one sample."""
    classes: int
    parameters: int
    """Exact number of trainable parameters, pinned by the tests."""
    budget_reference: int
    """Count X of its experiment."""
    widths: Mapping[str, int] = field(default_factory=dict)
    """Arguments of the builder; empty for the study's own."""

    @property
    def budget(self) -> tuple[int, int]:
        """The open interval for the parameters: within 10 % of the reference."""
        return self.budget_reference * 9 // 10, self.budget_reference * 11 // 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """One network of the comparison."""

    name: str
    """Also the name of its builder in ``architectures/<modality>.py``."""
    modality: Modality
    """Kind of data it classifies."""
    kind: Kind
    """Kind of network, whatever its depth."""
    encoding: str
    """Which encoding of the data set it takes (a key of `datasets.spec.Dataset.encodings`)."""
    scales: tuple[Scale, ...]
    """For the study's data, and then for others that it was scaled to by the study's rule. Data of
    another shape or other classes get the study's widths and have no budget."""
    least_shape: tuple[int, ...]
    """Smallest extents of a sample that its layers can take."""
    tokens: int | None = None
    """Where it embeds integers: they must be below this."""
    revision: int = 1
    """Raised by hand with every change that can change results; part of the fingerprint."""

    def scale(self, shape: Shape, classes: int) -> Scale | None:
        """Return its scale for samples of a shape, None where it has none for them."""
        wanted = shape, classes
        return next((s for s in self.scales if (s.shape, s.classes) == wanted), None)

    def build(self, shape: Shape, classes: int, *, scaled: bool = True) -> "keras.Model":
        """Return a new, uncompiled model that maps a batch of samples of a shape to logits.

        It has the widths of its scale for them, or if it is not to be ``scaled`` the study's.
        Logits have the shape ``(batch, 1)`` for two classes and ``(batch, classes)`` otherwise.
        """
        module = importlib.import_module(f"architectures.{self.modality}")
        scale = self.scale(shape, classes) if scaled else None
        widths = scale.widths if scale else {}
        model: keras.Model = getattr(module, self.name)(shape, classes, **widths)
        return model


def logits(classes: int) -> int:
    """Return the units of a network's last layer: one for two classes, else one for each."""
    return 1 if classes == 2 else classes


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A classifier that is not a network: one for every kind of data, held to no budget."""

    name: str
    """Key of its builder in ``architectures/baselines.py``."""
    samples: Mapping[Modality, int | None]
    """Most training samples that it gets, by kind of data, where all of them are out of reach."""
    revision: int = 1
    """As of an `Architecture`."""


ENCODINGS: Mapping[Modality, str] = {
    "tabular": "standardized",
    "image": "scaled",
    "sequential": "multi_hot",
}
"""What baselines take (a key of `datasets.spec.Dataset.encodings`): the same as the MLPs."""
