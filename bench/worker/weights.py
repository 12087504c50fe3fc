"""Weights in a file of Keras' own, with what they are of: refused where they do not fit.

An ordinary ``.weights.h5``, which `keras.Model.load_weights` reads, with attributes at its root.
"""

import hashlib
import math
import os
from pathlib import Path

import h5py
import keras
import numpy as np

from architectures import registry
from bench.experiment import Experiment, fingerprint
from bench.worker import weights_file
from bench.worker.weights_file import WeightsError, line, short
from reports.schema.record import Provenance
from reports.schema.writing import whole_path

SUFFIX = ".weights.h5"
GROUP_BYTES = 4096
"""What HDF5 adds for each array and each layer, at most."""


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
        _find_room(partial, most_bytes(model))
        try:
            model.save_weights(partial)
            with h5py.File(partial, "r+") as file:
                file.attrs.update(
                    architecture=experiment.architecture,
                    revision=_revision(experiment.architecture),
                    fingerprint=fingerprint(provenance),
                    experiment=experiment.id,
                    recipe=experiment.recipe,
                    epochs=epochs,
                    weights=checksum(model),
                )
        except RuntimeError as error:  # HDF5's, where the disk is full
            raise OSError(line(error)) from None


def most_bytes(model: keras.Model) -> int:
    """Return how long a file of a model's weights may become, its optimizer's with them."""
    optimizer = getattr(model, "optimizer", None)
    variables = [*model.variables, *(optimizer.variables if optimizer else ())]
    groups = 2 * len(variables) + len(model.layers)  # those of nested models have some each
    data = sum(int(math.prod(v.shape)) * (8 if "64" in str(v.dtype) else 4) for v in variables)
    return data + GROUP_BYTES * (1 + groups)


def _find_room(path: Path, most: int) -> None:
    """Take as much of the disk as a file needs, and give it back. Raises `OSError`.

    HDF5 may end the whole process where a disk fills up under it.
    """
    with path.open("wb") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, most)


def load(path: Path, model: keras.Model, architecture: str) -> None:
    """Give the network its weights.

    Raises `WeightsError`, with the model as it was or half filled, for a file of something else, of
    another revision, or damaged, whatever is in it.
    """
    said = weights_file.ask(path)
    if said["architecture"] != architecture:
        raise WeightsError(
            f"{path.name} holds weights of {short(said['architecture'])}, not of {architecture}"
        )
    revision = _revision(architecture)
    if said["revision"] != revision:
        raise WeightsError(
            f"{path.name} is of revision {short(said['revision'])} of {architecture}, which is now "
            f"revision {revision}"
        )
    try:
        model.load_weights(path)
    except Exception as error:  # Keras' own, of many kinds
        raise WeightsError(f"{path.name} is damaged: {line(error)}") from None
    if checksum(model) != said["weights"]:
        raise WeightsError(f"{path.name} is damaged: its weights are not those that were saved")


def _revision(architecture: str) -> int:
    """Return the revision of a network; a user's own has but one."""
    return registry.revision(architecture) if architecture in registry.BY_NAME else 1


def checksum(model: keras.Model) -> str:
    """Return ``sha256:…`` over a model's weights, in order."""
    digest = hashlib.sha256()
    for array in model.get_weights():
        digest.update(np.ascontiguousarray(array).tobytes())
    return f"sha256:{digest.hexdigest()}"
