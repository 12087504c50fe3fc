"""Weights in a file of Keras' own, with what they are of: refused where they do not fit.

An ordinary ``.weights.h5``, which `keras.Model.load_weights` reads, with attributes at its root.
"""

import hashlib
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from architectures import registry
from bench.experiment import Experiment, fingerprint
from bench.store import whole_path
from reports.schema.record import Provenance

SUFFIX = ".weights.h5"


class WeightsError(ValueError):
    """A file of weights that cannot be used. The message says what it is and what was expected."""


def save(
    path: Path,
    model: keras.Model,
    experiment: Experiment,
    provenance: Provenance,
    *,
    epochs: int,
) -> None:
    """Write a model's weights after so many epochs, whole or not at all. Raises `OSError`."""
    with whole_path(path, f".partial{SUFFIX}") as partial:
        model.save_weights(partial)
        with h5py.File(partial, "r+") as file:
            file.attrs.update(
                architecture=experiment.architecture,
                revision=registry.revision(experiment.architecture),
                fingerprint=fingerprint(provenance),
                experiment=experiment.id,
                recipe=experiment.recipe,
                epochs=epochs,
                weights=checksum(model),
            )


def load(path: Path, model: keras.Model, architecture: str) -> dict[str, Any]:
    """Give the network its weights and return what the file says of them.

    Raises `WeightsError`, with the model as it was or half filled, for a file of something else, of
    another revision, or damaged.
    """
    try:
        with h5py.File(path) as file:
            attributes = {name: _plain(value) for name, value in file.attrs.items()}
    except OSError as error:
        raise WeightsError(f"{path.name} is no file of weights, or damaged: {error}") from None
    wanted = {"architecture": architecture, "revision": registry.revision(architecture)}
    if not {*wanted, "weights"} <= attributes.keys():
        raise WeightsError(
            f"{path.name} does not say which network its weights are of: not saved by this suite"
        )
    if attributes["architecture"] != architecture:
        raise WeightsError(
            f"{path.name} holds weights of {attributes['architecture']}, not of {architecture}"
        )
    if attributes["revision"] != wanted["revision"]:
        raise WeightsError(
            f"{path.name} is of revision {attributes['revision']} of {architecture}, which is now "
            f"revision {wanted['revision']}"
        )
    try:
        model.load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        line = str(error).strip().partition("\n")[0]
        raise WeightsError(f"{path.name} is damaged: {line}") from None
    if checksum(model) != attributes["weights"]:
        raise WeightsError(f"{path.name} is damaged: its weights are not those that were saved")
    return attributes


def checksum(model: keras.Model) -> str:
    """Return ``sha256:…`` over a model's weights, in order."""
    digest = hashlib.sha256()
    for array in model.get_weights():
        digest.update(np.ascontiguousarray(array).data)
    return f"sha256:{digest.hexdigest()}"


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
