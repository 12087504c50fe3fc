"""From a data set's name to encoded arrays, by way of a cache of parsed ones."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import filelock
import numpy as np

from datasets import fetch, preprocess
from datasets.spec import CACHE_DIR, DataError, Dataset, Origin, Ragged, Split
from datasets.writing import whole_path

SEED = 0
"""Of the synthetic data: the same for every experiment, whatever its own seed."""
CHECKSUM = "checksum"
"""Name of the checksum among the cached arrays."""

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Parsed arrays on disk."""

    path: Path
    checksum: str
    """``sha256:…`` over the raw arrays: what the networks will see, before encoding."""
    origin: Origin | None
    """Of the files; None for synthetic data."""
    remarks: tuple[str, ...] = ()
    """What the user should know of the data, a line each."""


def prepare(dataset: Dataset, *, synthetic: bool, train: int | None, test: int | None) -> Prepared:
    """Make sure that the parsed arrays are cached; parse the files, or generate, if they are not.

    ``train`` and ``test`` are the sizes of synthetic data, which is generated to measure; real data
    is parsed whole. Raises `DataError` for files that are missing or wrong.
    """
    return _prepare(dataset, synthetic=synthetic, train=train, test=test)[0]


def load(
    dataset: Dataset, *, encoding: str, synthetic: bool, train: int | None, test: int | None
) -> tuple[Split[np.ndarray], Prepared]:
    """Return the encoded arrays, cut to ``train`` and ``test`` samples, and what they are."""
    split, prepared = raw(dataset, synthetic=synthetic, train=train, test=test)
    return dataset.encodings[encoding].apply(split), prepared


def raw(
    dataset: Dataset, *, synthetic: bool, train: int | None, test: int | None
) -> tuple[Split[Any], Prepared]:
    """Return what `load` encodes: the same samples in the same order, as in the files."""
    prepared, arrays = _prepare(dataset, synthetic=synthetic, train=train, test=test)
    return preprocess.subset(_split(arrays), train=train, test=test), prepared


def read(dataset: Dataset, files: Mapping[str, Path]) -> Split[Any]:
    """Return the parsed files. Raises `DataError`, whatever is in them."""
    try:
        return dataset.read(files)
    except (DataError, OSError):
        raise
    except Exception as error:  # a file that no check of its reader foresaw: others go on
        names = ", ".join(str(path) for path in files.values())
        raise DataError(f"{names}: cannot be read: {type(error).__name__}: {error}") from None


def _prepare(
    dataset: Dataset, *, synthetic: bool, train: int | None, test: int | None
) -> tuple[Prepared, Arrays]:
    origin: Origin | None = None
    remark = ""
    if synthetic:
        generate = dataset.generate
        if generate is None:
            raise DataError(f"{dataset.name} has no synthetic data; use a profile of real data")
        sizes = (train or dataset.sizes[0], test or dataset.sizes[1])
        key = f"embedded-{_digest(*map(str, sizes), str(SEED), np.__version__)}"
        path, arrays, damage = _cached(dataset, key, lambda: generate(*sizes, SEED))
    else:
        files = fetch.locate(dataset)
        origin, remark = fetch.origin(dataset, files)
        key = f"real-{_digest(*(fetch.fingerprint(files[name]) for name in sorted(files)))}"
        path, arrays, damage = _cached(dataset, key, lambda: read(dataset, files))
    remarks = tuple(filter(None, (remark, damage, _unknown_numbers(arrays))))
    checksum = str(arrays.pop(CHECKSUM))
    if origin == "structure" and (len(arrays["y_train"]), len(arrays["y_test"])) != dataset.sizes:
        origin, remarks = "other", (*remarks, "it has not the published number of samples")
    return Prepared(path=path, checksum=checksum, origin=origin, remarks=remarks), arrays


def _cached(
    dataset: Dataset, key: str, make: Callable[[], Split[Any]]
) -> tuple[Path, Arrays, str | None]:
    """Return where the arrays are, the arrays, and that they were damaged, if they were."""
    path = fetch.cache_dir() / "arrays" / f"{dataset.name}-r{dataset.revision}-{key}.npz"
    stored = _stored(path)
    if isinstance(stored, dict):
        return path, stored, None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(f"{path}.lock"):
            stored = _stored(path)  # another process may have been faster
            if isinstance(stored, dict):
                return path, stored, None
            return path, _write(path, make()), stored
    except OSError as error:
        raise DataError(
            f"{dataset.name}: cannot write {error.filename or path}: {error.strerror}; "
            f"set {CACHE_DIR} to a folder that can be written"
        ) from None


def _stored(path: Path) -> Arrays | str | None:
    """Return the arrays of a cached file, what is wrong with it, or None if there is none."""
    try:
        # Opened here: numpy.load leaves a damaged file open.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {name: np.asarray(file[name]) for name in file.files}
            if _checksum(arrays) == str(arrays[CHECKSUM]):
                return arrays
    except FileNotFoundError:
        return None
    except Exception:  # whatever numpy, zipfile and zlib make of a damaged file
        pass
    return f"{path} was damaged and has been made anew"


def _write(path: Path, split: Split[Any]) -> Arrays:
    arrays: Arrays = {}
    for field in fields(split):
        value = getattr(split, field.name)
        if isinstance(value, Ragged):
            arrays[f"{field.name}.values"] = value.values
            arrays[f"{field.name}.offsets"] = value.offsets
        else:
            arrays[field.name] = value
    arrays[CHECKSUM] = np.array(_checksum(arrays))
    with whole_path(path) as partial, partial.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **arrays)
    return arrays


def _split(arrays: Arrays) -> Split[Any]:
    def samples(name: str) -> np.ndarray | Ragged:
        if name in arrays:
            return arrays[name]
        return Ragged(values=arrays[f"{name}.values"], offsets=arrays[f"{name}.offsets"])

    return Split(
        x_train=samples("x_train"),
        y_train=arrays["y_train"],
        x_test=samples("x_test"),
        y_test=arrays["y_test"],
    )


def _unknown_numbers(arrays: Arrays) -> str | None:
    """Say how many numbers of a table are none; they become the mean of their feature."""
    tables = [arrays.get(name) for name in ("x_train", "x_test")]
    count = sum(int(np.isnan(t).sum()) for t in tables if t is not None and t.dtype.kind == "f")
    if not count:
        return None
    return f"{count:,} values are not numbers and become the mean of their feature"


def _checksum(arrays: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays.keys() - {CHECKSUM}):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.data)
    return f"sha256:{digest.hexdigest()}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
