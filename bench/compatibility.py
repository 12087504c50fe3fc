"""Whether a network or a baseline takes a data set: the one place that decides it."""

from architectures.spec import ENCODINGS, Architecture
from datasets.spec import Dataset


def accepts(architecture: Architecture, dataset: Dataset) -> bool:
    """Return whether a network can be built for a data set: kind of data, encoding and shape."""
    encoding = dataset.encodings.get(architecture.encoding)
    if encoding is None or dataset.modality != architecture.modality:
        return False
    if len(encoding.shape) != len(architecture.least_shape):
        return False
    large_enough = all(
        extent >= least
        for extent, least in zip(encoding.shape, architecture.least_shape, strict=True)
    )
    if architecture.tokens is None:
        return large_enough and encoding.tokens is None
    return large_enough and encoding.tokens is not None and encoding.tokens <= architecture.tokens


def accepted_by_baselines(dataset: Dataset) -> bool:
    """Return whether the classifiers that are no networks take a data set."""
    return ENCODINGS[dataset.modality] in dataset.encodings
