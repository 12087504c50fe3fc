"""What is known about a network before Keras is imported."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import keras

Modality = Literal["tabular", "image", "sequential"]
Kind = Literal["mlp", "cnn", "rnn"]


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
    """Which encoding of the data set it takes (`datasets.spec.Encoding.name`)."""
    parameters: int
    """Exact number of trainable parameters, pinned by the tests."""
    reference: int
    """Reference count X of its experiment; the budget is the open interval (0.9 X, 1.1 X)."""
    revision: int = 1
    """Raised by hand with every change that can change results; part of the fingerprint."""

    def build(self) -> "keras.Model":
        """Return a new, uncompiled model that maps a batch of inputs to logits.

        Logits have the shape ``(batch, 1)`` for binary tasks and ``(batch, classes)`` otherwise.
        """
        module = importlib.import_module(f"architectures.{self.modality}")
        model: keras.Model = getattr(module, self.name)()
        return model


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
"""What baselines take (`datasets.spec.Encoding.name`): the same as the MLPs."""
