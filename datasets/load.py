"""From a data set's name to encoded arrays, by way of a cache of parsed ones."""

import hashlib
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import filelock
import numpy as np

from datasets import fetch, preprocess
from datasets.spec import DataError, Dataset, Ragged, Split

SEED = 0
"""Of the synthetic data: the same for every experiment, whatever its own seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Parsed arrays on disk."""

    path: Path
    checksum: str
    """``sha256:…`` over the raw arrays: what the networks will see, before encoding."""


def prepare(dataset: Dataset, *, synthetic: bool, train: int | None, test: int | None) -> Prepared:
    """Make sure that the parsed arrays are cached; parse the files, or generate, if they are not.

    ``train`` and ``test`` are the sizes of synthetic data, which is generated to measure; real data
    is parsed whole. Raises `DataError` for files that are missing or wrong.
    """
    if synthetic:
        generate = dataset.generate
        if generate is None:
            raise DataError(f"{dataset.name} has no synthetic data; use a profile of real data")
        sizes = (train or dataset.sizes[0], test or dataset.sizes[1])
        digest = _digest(*map(str, sizes), str(SEED), np.__version__)
        return _cached(dataset, f"embedded-{digest}", lambda: generate(*sizes, SEED))
    files = fetch.locate(dataset)
    digest = _digest(*(fetch.fingerprint(files[name]) for name in sorted(files)))
    return _cached(dataset, f"real-{digest}", lambda: dataset.read(files))


def load(
    dataset: Dataset, *, encoding: str, synthetic: bool, train: int | None, test: int | None
) -> tuple[Split[np.ndarray], str]:
    """Return the encoded arrays, cut to ``train`` and ``test`` samples, and the raw checksum."""
    split, checksum = raw(dataset, synthetic=synthetic, train=train, test=test)
    return dataset.encodings[encoding].apply(split), checksum


def raw(
    dataset: Dataset, *, synthetic: bool, train: int | None, test: int | None
) -> tuple[Split[Any], str]:
    """Return what `load` encodes: the same samples in the same order, as in the files."""
    prepared = prepare(dataset, synthetic=synthetic, train=train, test=test)
    return preprocess.subset(_read(prepared.path), train=train, test=test), prepared.checksum


def _cached(dataset: Dataset, key: str, make: Callable[[], Split[Any]]) -> Prepared:
    path = fetch.cache_dir() / "arrays" / f"{dataset.name}-r{dataset.revision}-{key}.npz"
    checksum = _stored_checksum(path)
    if checksum is None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(f"{path}.lock"):
            checksum = _stored_checksum(path)  # another process may have been faster
            if checksum is None:
                checksum = _write(path, make())
    return Prepared(path=path, checksum=checksum)


def _stored_checksum(path: Path) -> str | None:
    """Return the checksum of a cached file, or None if there is none or it is damaged."""
    try:
        # Opened here: numpy.load leaves a damaged file open.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return str(arrays["checksum"])
    except (FileNotFoundError, zipfile.BadZipFile, KeyError, ValueError, EOFError):
        return None


def _write(path: Path, split: Split[Any]) -> str:
    arrays: dict[str, np.ndarray] = {}
    for field in fields(split):
        value = getattr(split, field.name)
        if isinstance(value, Ragged):
            arrays[f"{field.name}.values"] = value.values
            arrays[f"{field.name}.offsets"] = value.offsets
        else:
            arrays[field.name] = value
    checksum = _checksum(arrays)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    with partial.open("wb") as stream:
        np.savez(stream, allow_pickle=False, checksum=np.array(checksum), **arrays)
    partial.replace(path)
    return checksum


def _read(path: Path) -> Split[Any]:
    with np.load(path, allow_pickle=False) as arrays:

        def samples(name: str) -> np.ndarray | Ragged:
            if name in arrays:
                return np.asarray(arrays[name])
            return Ragged(values=arrays[f"{name}.values"], offsets=arrays[f"{name}.offsets"])

        return Split(
            x_train=samples("x_train"),
            y_train=arrays["y_train"],
            x_test=samples("x_test"),
            y_test=arrays["y_test"],
        )


def _checksum(arrays: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.data)
    return f"sha256:{digest.hexdigest()}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
