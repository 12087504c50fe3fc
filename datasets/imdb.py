"""IMDB movie reviews: 25,000 + 25,000 reviews as word indexes, half of them positive.

A. L. Maas et al., *Learning word vectors for sentiment analysis*, ACL 2011, in the layout of the
Keras distribution: ``x_train``, ``y_train``, ``x_test``, ``y_test`` in one ``.npz``, the reviews as
pickled lists of indexes that start at 1 and fall in frequency.
"""

import io
import pickle
import zipfile
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from datasets.content import MOST_BYTES
from datasets.spec import DataError, Ragged, Split

FILENAME = "imdb.npz"
WORD_INDEX = "imdb_word_index.json"
"""Only for people who want to read the reviews: no network needs it."""
VOCABULARY = 10_000
WORDS = 500
START, UNKNOWN, FIRST = 1, 2, 3
"""Tokens as in `keras.datasets.imdb`: 0 is filling, word w becomes token w + FIRST."""
MEMBERS = ("x_train", "y_train", "x_test", "y_test")
MOST_WORDS = 10_000_000
"""No vocabulary is so large; a number near 2³¹ would wrap."""

RAGGED_ARRAY = {
    ("numpy.core.multiarray", "_reconstruct"): lambda *_: _Reviews(),
    ("numpy._core.multiarray", "_reconstruct"): lambda *_: _Reviews(),
    ("numpy", "ndarray"): None,
    ("numpy", "dtype"): lambda *_: _Dtype(),
}
"""What a pickled array of lists asks for, and what it gets: nothing of NumPy's own, whose functions
could be called with anything."""


class _Reviews:
    """Takes the state of a pickled array of lists."""

    shape: tuple[int, ...] | None = None

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) != 5 or not isinstance(state[4], list):
            raise DataError("it holds something else than lists of words")
        self.shape, self.lists = (len(state[4]),), state[4]


class _Dtype:
    """Takes the state of a pickled type of elements, of which there is but one."""

    def __setstate__(self, state: object) -> None:
        pass


class _Unpickler(pickle.Unpickler):
    """Builds lists of numbers, and nothing that a hostile file could ask for."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in RAGGED_ARRAY:
            return RAGGED_ARRAY[module, name]
        if (module, name) == ("_codecs", "encode"):
            return _encode  # how protocol 2 spells a byte string
        raise DataError(f"it asks for {module}.{name}, which a file of reviews has no need of")


def read(files: Mapping[str, Path]) -> Split[Ragged]:
    """Return token sequences (see `tokens`) and classes ``(n,)`` uint8 (1 positive)."""
    path = files[FILENAME]
    arrays = parse(path)
    for subset in ("train", "test"):
        reviews, labels = arrays[f"x_{subset}"], arrays[f"y_{subset}"]
        if labels.ndim != 1:
            raise DataError(f"{path}: y_{subset} has shape {labels.shape}, expected one label each")
        if len(reviews) != len(labels):
            raise DataError(f"{path}: {len(reviews):,} reviews but {len(labels):,} labels")
        if not np.isin(labels, (0, 1)).all():
            raise DataError(f"{path}: y_{subset} holds labels other than 0 and 1")
    return Split(
        x_train=tokens(_ragged(path, arrays["x_train"])),
        y_train=arrays["y_train"].astype(np.uint8),
        x_test=tokens(_ragged(path, arrays["x_test"])),
        y_test=arrays["y_test"].astype(np.uint8),
    )


def vocabulary(folder: Path) -> dict[int, str]:
    """Return the words of the tokens, from the Keras distribution's ``imdb_word_index.json``.

    Raises `OSError` where it is missing, `ValueError` where it is something else.
    """
    ranks = msgspec.json.decode((folder / WORD_INDEX).read_bytes(), type=dict[str, int])
    words = {rank + FIRST: word for word, rank in ranks.items() if rank + FIRST < VOCABULARY}
    return {START: "", UNKNOWN: "…", **words}


def tokens(words: Ragged) -> Ragged:
    """Turn word indexes into tokens below `VOCABULARY`, with the start token in front of each.

    The same rule as `keras.datasets.imdb.load_data(num_words=10_000)`: words whose token would not
    fit become `UNKNOWN`.
    """
    shifted = words.values + FIRST
    shifted[shifted >= VOCABULARY] = UNKNOWN
    values = np.insert(shifted, words.offsets[:-1], START)
    return Ragged(values=values, offsets=words.offsets + np.arange(len(words) + 1))


def parse(path: Path) -> dict[str, np.ndarray]:
    """Return the four arrays of the archive, admitting only what they need to be unpickled."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name: _array(_member(archive, f"{name}.npy")) for name in MEMBERS}
    except (DataError, KeyError) as error:
        raise DataError(f"{path}: not the review archive: {error}") from None
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None
    except Exception as error:  # whatever zipfile, zlib and pickle make of a damaged file
        raise DataError(f"{path}: damaged: {type(error).__name__}: {error}") from None


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return what is in a member, unless it is more than there can be."""
    with archive.open(name) as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise DataError(f"{name} holds more than {MOST_BYTES:,} bytes")
    return content


def _array(content: bytes) -> np.ndarray:
    """Return one ``.npy`` member; `numpy.load` would unpickle anything at all."""
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else None
    shape, _, dtype = (header or np.lib.format.read_array_header_2_0)(stream)
    if not dtype.hasobject:
        return np.frombuffer(stream.read(), dtype=dtype).reshape(shape)
    reviews = _Unpickler(stream, encoding="latin1").load()
    if not isinstance(reviews, _Reviews) or reviews.shape != shape:
        raise DataError(f"expected an array of shape {shape}, got {type(reviews).__name__}")
    lists = np.empty(shape, object)
    for place, review in enumerate(reviews.lists):
        lists[place] = review
    return lists


def _ragged(path: Path, reviews: np.ndarray) -> Ragged:
    """Return lists of word indexes, none of which wraps when it becomes a token."""
    if sum(len(review) for review in reviews if isinstance(review, list)) > MOST_BYTES:
        raise DataError(f"{path}: more than {MOST_BYTES:,} words")  # one list, held many times
    sequences = []
    for number, review in enumerate(reviews, 1):
        try:
            if not isinstance(review, list):
                raise TypeError(f"it is of type {type(review).__name__}")
            words = np.frombuffer(array("q", review), np.int64)
        except (TypeError, ValueError, OverflowError) as error:
            raise DataError(
                f"{path}: review {number:,} is not a list of word indexes: {error}"
            ) from None
        if len(words) and not 1 <= words.min() <= words.max() <= MOST_WORDS:
            raise DataError(
                f"{path}: review {number:,}: word indexes are from 1 to {MOST_WORDS:,}, got "
                f"{words.min()} to {words.max()}"
            )
        sequences.append(words)
    return Ragged.of(sequences)


def _encode(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise DataError(f"it encodes text as {encoding!r}, expected 'latin1'")
    return text.encode(encoding)
