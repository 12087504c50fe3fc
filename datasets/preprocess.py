"""Raw arrays to network inputs. Pure NumPy; every estimate comes from the training samples."""

from dataclasses import replace

import numpy as np

from datasets.spec import Ragged, Samples, Split


def subset(split: Split, *, train: int | None, test: int | None) -> Split:
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


def standardize(split: Split, *, missing: float) -> Split:
    """Scale each feature to mean 0 and standard deviation 1, ``(n, features)`` float32.

    Values equal to ``missing`` take no part in the estimates and become 0, the mean. A feature that
    never varies becomes 0 throughout.
    """
    train = np.where(split.x_train == missing, np.nan, split.x_train)
    test = np.where(split.x_test == missing, np.nan, split.x_test)
    present = ~np.isnan(train).all(axis=0)
    mean, deviation = np.zeros(train.shape[1]), np.ones(train.shape[1])
    mean[present] = np.nanmean(train[:, present], axis=0)
    deviation[present] = np.nanstd(train[:, present], axis=0)
    deviation[deviation == 0] = 1.0

    def scaled(values: np.ndarray) -> np.ndarray:
        return np.nan_to_num((values - mean) / deviation, nan=0.0).astype(np.float32)

    return replace(split, x_train=scaled(train), x_test=scaled(test))


def scale(split: Split) -> Split:
    """Turn pixels 0 to 255, uint8, into float32 from 0 to 1."""
    return replace(
        split,
        x_train=_pixels(split.x_train) / np.float32(255),
        x_test=_pixels(split.x_test) / np.float32(255),
    )


def multi_hot(split: Split, *, vocabulary: int) -> Split:
    """Mark which tokens occur: ``(n, vocabulary)`` uint8 of 0 and 1.

    One byte each, not four: Keras casts a batch at a time to the float32 of the network's input.
    """
    return replace(
        split,
        x_train=_occurrences(_sequences(split.x_train), vocabulary),
        x_test=_occurrences(_sequences(split.x_test), vocabulary),
    )


def pad(split: Split, *, length: int) -> Split:
    """Keep the first ``length`` tokens and fill shorter sequences with 0 in front, int32.

    In front, as `keras.utils.pad_sequences` does by default: a recurrent network then ends on
    words, not on filling.
    """
    return replace(
        split,
        x_train=_padded(_sequences(split.x_train), length),
        x_test=_padded(_sequences(split.x_test), length),
    )


def _draw(available: int, wanted: int | None) -> np.ndarray | None:
    if wanted is None or wanted >= available:
        return None
    return np.random.default_rng(0).permutation(available)[:wanted]


def _pixels(samples: Samples) -> np.ndarray:
    assert isinstance(samples, np.ndarray)
    return samples.astype(np.float32)


def _sequences(samples: Samples) -> Ragged:
    assert isinstance(samples, Ragged)
    return samples


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
