"""Raw arrays to network inputs. Pure NumPy; every estimate comes from the training samples.

Stored records know the raw arrays alone: whoever changes what networks get of the published data
raises `bench.experiment.FORMAT`.
"""

from typing import Any

import numpy as np

from datasets.spec import Ragged, Samples, Split


def subset(split: Split[Samples], *, train: int | None, test: int | None) -> Split[Samples]:
    """Keep ``train`` and ``test`` samples, drawn without replacement by a fixed seed; None is all.

    The draw does not depend on the experiment's seed: seeds differ in training, not in data.
    """
    rows_train = _draw(len(split.y_train), train)
    rows_test = _draw(len(split.y_test), test)
    return Split(
        x_train=split.x_train if rows_train is None else split.x_train[rows_train],
        y_train=split.y_train if rows_train is None else split.y_train[rows_train],
        x_test=split.x_test if rows_test is None else split.x_test[rows_test],
        y_test=split.y_test if rows_test is None else split.y_test[rows_test],
    )


def standardize(split: Split[np.ndarray], *, missing: float | None = None) -> Split[np.ndarray]:
    """Scale each feature to mean 0 and standard deviation 1, ``(n, features)`` float32.

    Values equal to ``missing`` take no part in the estimates and become 0, the mean. A feature that
    never varies becomes 0 throughout.
    """
    train, test = split.x_train, split.x_test
    if missing is not None:
        train, test = (np.where(values == missing, np.nan, values) for values in (train, test))
    present = ~np.isnan(train).all(axis=0)
    mean, deviation = np.zeros(train.shape[1]), np.ones(train.shape[1])
    known = train[:, present]
    lowest = np.nanmin(known, axis=0)
    varies = np.nanmax(known, axis=0) > lowest
    # Of many float32 that are all alike, neither the mean need be theirs nor the deviation 0.
    mean[present] = np.where(varies, np.nanmean(known, axis=0), lowest)
    deviation[present] = np.where(varies, np.nanstd(known, axis=0), 1.0)
    deviation[deviation == 0] = 1.0  # squares of the smallest numbers are 0

    def scaled(values: np.ndarray) -> np.ndarray:
        return np.nan_to_num((values - mean) / deviation, nan=0.0).astype(np.float32)

    return _with_inputs(split, scaled(train), scaled(test))


def scale(split: Split[np.ndarray]) -> Split[np.ndarray]:
    """Turn pixels 0 to 255, uint8, into float32 from 0 to 1."""
    return _with_inputs(
        split, split.x_train.astype(np.float32) / 255, split.x_test.astype(np.float32) / 255
    )


def multi_hot(split: Split[Ragged], *, vocabulary: int) -> Split[np.ndarray]:
    """Mark which tokens occur: ``(n, vocabulary)`` uint8 of 0 and 1.

    One byte each, not four: Keras casts a batch at a time to the float32 of the network's input.
    """
    return _with_inputs(
        split, _occurrences(split.x_train, vocabulary), _occurrences(split.x_test, vocabulary)
    )


def pad(split: Split[Ragged], *, length: int) -> Split[np.ndarray]:
    """Keep the first ``length`` tokens and fill shorter sequences with 0 in front, int32.

    In front, as `keras.utils.pad_sequences` does by default: a recurrent network then ends on
    words, not on filling.
    """
    return _with_inputs(split, _padded(split.x_train, length), _padded(split.x_test, length))


def _with_inputs(split: Split[Any], x_train: np.ndarray, x_test: np.ndarray) -> Split[np.ndarray]:
    return Split(x_train=x_train, y_train=split.y_train, x_test=x_test, y_test=split.y_test)


def _draw(available: int, wanted: int | None) -> np.ndarray | None:
    if wanted is None or wanted >= available:
        return None
    return np.random.default_rng(0).permutation(available)[:wanted]


def _occurrences(sequences: Ragged, vocabulary: int) -> np.ndarray:
    marks = np.zeros((len(sequences), vocabulary), dtype=np.uint8)
    marks[np.repeat(np.arange(len(sequences)), sequences.lengths), sequences.values] = 1
    return marks


def _padded(sequences: Ragged, length: int) -> np.ndarray:
    kept = np.minimum(sequences.lengths, length)
    columns = np.arange(length)
    # Column c of row i holds token c - (length - kept[i]); before that, filling.
    token = columns - (length - kept)[:, None]
    source = sequences.offsets[:-1, None] + token
    return np.where(token >= 0, sequences.values[np.maximum(source, 0)], 0).astype(np.int32)
