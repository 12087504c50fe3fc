"""Whether an own network tells classes apart, and which: seen from its loss, output and targets."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from bench.worker.own.code import OwnError
from bench.worker.own.data import Samples
from bench.worker.own.model import describe
from bench.worker.structure import tensors


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """What a record says of a task of classes."""

    true: np.ndarray
    """Numbers of the test samples' classes, ``(n,)``."""
    names: tuple[str, ...]
    logits: bool
    """Whether the model gives them, and no probabilities."""
    probabilities: Callable[[np.ndarray], np.ndarray]
    """From the model's outputs: ``(n, classes)``, of two classes ``(n, 1)``, of the second."""


def classes_of(model: keras.Model, loss: Any, samples: Samples) -> Classes | None:
    """Return the classes of a model with one output and a cross-entropy; None for other tasks."""
    outputs = tensors(model, "outputs")
    if not isinstance(loss, str) and not _of_keras(loss):
        return None  # what it takes, only its author knows
    if len(outputs) != 1 or len(outputs[0].shape) != 2 or isinstance(loss, dict | list):
        return None
    units = outputs[0].shape[-1]
    true = _numbers(describe(loss).lower().replace("_", ""), samples.y_test, units)
    if true is None:
        return None
    logits = bool(getattr(loss, "from_logits", False))
    numbered = tuple(map(str, range(2 if units == 1 else units)))
    return Classes(
        true=true,
        names=samples.classes if len(samples.classes) == len(numbered) else numbered,
        logits=logits,
        probabilities=_softmax if logits else _as_given,
    )


def _of_keras(loss: Any) -> bool:
    module = getattr(loss, "__module__", None) or type(loss).__module__
    return str(module).partition(".")[0] == "keras"


def _numbers(loss: str, y: Any, units: int) -> np.ndarray | None:
    """Return class numbers ``(n,)`` of targets, or None where they stand for something else."""
    if not isinstance(y, np.ndarray) or "crossentropy" not in loss:
        return None
    if "sparse" not in loss and units > 1:
        several = "binary" in loss or y.shape[1:] != (units,)  # labels a sample
        return None if several else y.argmax(axis=1)
    column = y.reshape(len(y), -1)
    if "sparse" in loss and column.size and (column.min() < 0 or column.max() >= units):
        raise OwnError(
            f"class numbers run from {column.min()} to {column.max()}; for {units} outputs they "
            f"are 0 to {units - 1}"
        )
    if column.shape[1] != 1 or column.min() < 0 or column.max() >= max(2, units):
        return None
    return None if (column % 1).any() else column[:, 0].astype(np.int64)


def _softmax(outputs: np.ndarray) -> np.ndarray:
    """Return probabilities, float32, of logits: one for each class, or one for the second of two.

    Computed in float64: in mixed precision the logits are coarse enough.
    """
    logits = np.asarray(outputs, np.float64)
    if logits.shape[1] == 1:
        return (0.5 * (1 + np.tanh(logits / 2))).astype(np.float32)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return _kept(powers / powers.sum(axis=1, keepdims=True))


def _as_given(outputs: np.ndarray) -> np.ndarray:
    return _kept(np.asarray(outputs, np.float64))


def _kept(shares: np.ndarray) -> np.ndarray:
    """Return float32, of two classes that of the second alone, of a whole of 1."""
    if shares.shape[1] == 2:
        second, whole = shares[:, 1:], shares.sum(axis=1, keepdims=True)
        higher = (second > shares[:, :1]).astype(shares.dtype)  # where they are no shares at all
        odd = (shares < 0).any(axis=1, keepdims=True) | (whole == 0)
        shares = np.where(odd, higher, second / np.where(odd, 1.0, whole))
    return shares.astype(np.float32)
