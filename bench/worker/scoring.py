"""What every program does with data, predictions and their scores."""

import contextlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from architectures import registry
from architectures.spec import ENCODINGS
from bench import backends, experiment
from bench.experiment import Experiment
from datasets import load
from datasets import registry as datasets
from datasets.spec import Split
from reports.schema.predictions import Predictions
from reports.schema.record import Confusion, Data, Provenance
from reports.schema.writing import whole_file


def arrays(wanted: Experiment, encoding: str | None = None) -> tuple[Split[np.ndarray], Data]:
    """Return the encoded arrays of an experiment, with what its record says of them.

    ``encoding`` is for a network of no registry. Raises `datasets.spec.DataError`.
    """
    dataset = datasets.find(wanted.dataset)
    network = registry.BY_NAME.get(wanted.architecture)
    usual = network.encoding if network else ENCODINGS[dataset.modality]
    split, prepared = load.load(
        dataset,
        encoding=encoding or usual,
        synthetic=wanted.synthetic,
        train=wanted.train_samples,
        test=wanted.test_samples,
    )
    data = Data(
        synthetic=wanted.synthetic,
        checksum=prepared.checksum,
        origin=prepared.origin,
        classes=dataset.classes,
        train_samples=len(split.y_train),
        test_samples=len(split.y_test),
        whole_train_samples=dataset.sizes[0],
        target_accuracies=dataset.target_accuracies,
    )
    return split, data


def provenance(wanted: Experiment, data: Data, variables: Mapping[str, str]) -> Provenance:
    """Return what could change the numbers, as this process finds it.

    ``variables`` are those of the environment before any code of the user's was run.
    """
    return experiment.provenance(
        wanted,
        checksum=data.checksum,
        packages=backends.packages(wanted.backend),
        environ=variables,
    )


def confusion(true: np.ndarray, predicted: np.ndarray, classes: int) -> Confusion:
    """Return counts of test samples, rows true classes and columns predicted ones."""
    pairs = true.astype(np.int64) * classes + predicted
    table = np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
    return tuple(tuple(int(count) for count in row) for row in table)


def confusion_of(predictions: Predictions | None, classes: int) -> Confusion:
    """Return the confusion matrix of predictions; an empty one where there are none."""
    return confusion(predictions.true, predictions.classes, classes) if predictions else ()


def keep(predictions: Predictions, path: str | None) -> None:
    """Write the predictions; if that fails the record stands, and who stores it says so."""
    if path:
        with contextlib.suppress(OSError), whole_file(Path(path)) as stream:
            predictions.save(stream)
