"""IMDB movie reviews: 25,000 + 25,000 reviews as word indexes, half of them positive.

A. L. Maas et al., *Learning word vectors for sentiment analysis*, ACL 2011, in the layout of the
Keras distribution: ``x_train``, ``y_train``, ``x_test``, ``y_test`` in one ``.npz``, the reviews as
pickled lists of indexes that start at 1 and fall in frequency.
"""

import io
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from datasets.spec import DataError, Ragged, Split

FILENAME = "imdb.npz"
WORD_INDEX = "imdb_word_index.json"
"""Only for people who want to read the reviews: no network needs it."""
VOCABULARY = 10_000
WORDS = 500
START, UNKNOWN, FIRST = 1, 2, 3
"""Tokens as in `keras.datasets.imdb`: 0 is filling, word w becomes token w + FIRST."""

ADMITTED = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
}


class _Unpickler(pickle.Unpickler):
    """Builds NumPy arrays of lists of numbers, and nothing that a hostile file could ask for."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in ADMITTED:
            return super().find_class(module, name)
        if (module, name) == ("_codecs", "encode"):
            return _encode  # how protocol 2 spells a byte string
        raise DataError(f"it asks for {module}.{name}, which a file of reviews has no need of")


def read(files: Mapping[str, Path]) -> Split[Ragged]:
    """Return token sequences (see `tokens`) and classes ``(n,)`` uint8 (1 positive)."""
    path = files[FILENAME]
    arrays = parse(path)
    for subset in ("train", "test"):
        reviews, labels = arrays[f"x_{subset}"], arrays[f"y_{subset}"]
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
            return {
                name: _array(archive.read(f"{name}.npy"))
                for name in ("x_train", "y_train", "x_test", "y_test")
            }
    except (DataError, OSError, KeyError, EOFError, ValueError) as error:
        raise DataError(f"{path}: not the review archive: {error}") from None
    except (zipfile.BadZipFile, pickle.UnpicklingError) as error:
        raise DataError(f"{path}: damaged: {error}") from None


def _array(content: bytes) -> np.ndarray:
    """Return one ``.npy`` member; `numpy.load` would unpickle anything at all."""
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else None
    shape, _, dtype = (header or np.lib.format.read_array_header_2_0)(stream)
    if not dtype.hasobject:
        return np.frombuffer(stream.read(), dtype=dtype).reshape(shape)
    array = _Unpickler(stream, encoding="latin1").load()
    if not isinstance(array, np.ndarray) or array.shape != shape:
        raise DataError(f"expected an array of shape {shape}, got {type(array).__name__}")
    return array


def _ragged(path: Path, reviews: np.ndarray) -> Ragged:
    try:
        ragged = Ragged.of([np.asarray(review, dtype=np.int32) for review in reviews])
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{path}: a review is not a list of word indexes: {error}") from None
    if len(ragged.values) and ragged.values.min() < 1:
        raise DataError(f"{path}: word indexes start at 1, got {ragged.values.min()}")
    return ragged


def _encode(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise DataError(f"it encodes text as {encoding!r}, expected 'latin1'")
    return text.encode(encoding)
