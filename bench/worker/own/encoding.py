"""Data of the user's, encoded as the suite encodes its own for its networks and baselines."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from architectures import registry
from architectures.spec import ENCODINGS as USUAL
from architectures.spec import Modality
from bench.worker.own.code import OwnError
from bench.worker.own.data import Samples
from datasets import preprocess
from datasets.spec import Ragged, Split

PICTURE = (28, 28, 1)
"""Size in which files of pictures are read: that of the study's."""
VOCABULARY = 10_000
"""Words of the network that takes a set of them."""
CHANNELS = (3, 4)
"""Last axis of pictures in colours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """What a network or a baseline takes."""

    name: str
    encoding: str
    """Name of an encoding of `datasets.spec.Dataset.encodings`."""
    least_shape: tuple[int, ...]
    """Of one sample, without an axis of channels."""
    tokens: int | None = None
    """Integers must be below this."""


def taker(name: str) -> Taker:
    """Return what a network of the registry takes."""
    network = registry.find(name)
    return Taker(
        name=name,
        encoding=network.encoding,
        least_shape=network.least_shape,
        tokens=network.tokens,
    )


def taking_baseline(name: str, samples: Samples, shown: str) -> tuple[Taker, Modality]:
    """Return as what kind of data a baseline takes samples: tables or pictures, by their axes.

    Integers of more than a byte may be numbers of words as well as measurements: raises `OwnError`.
    """
    x = samples.x_train
    axes = x.ndim if isinstance(x, np.ndarray) else 0
    row = axes == 2 or (axes == 3 and x.shape[2] == 1)
    if axes not in (2, 3, 4) or (row and x.dtype.kind in "iu" and x.dtype.itemsize > 1):
        given = f"{x.shape} {x.dtype}" if axes else "several inputs"
        raise OwnError(
            f"{name} takes a table of floats, (samples, features), or pictures; {shown} has "
            f"{given}" + ("; x.astype('float32') says that they are a table" if axes == 2 else "")
        )
    modality: Modality = "tabular" if axes == 2 else "image"
    least = (1,) if axes == 2 else (1, 1)
    return Taker(name=name, encoding=USUAL[modality], least_shape=least), modality


def classes(name: str, samples: Samples, shown: str) -> tuple[str, ...]:
    """Return names of the classes of all samples, however few are then taken of them.

    Raises `OwnError` for targets that are no classes, and where one has no training sample.
    """
    y_train, y_test = (_numbers(y, name, shown) for y in (samples.y_train, samples.y_test))
    seen = np.unique(y_train)
    lacking = [place for place, number in enumerate(seen) if place != number] or [len(seen)]
    if len(seen) < 2 or lacking[0] < len(seen) or y_test.max() >= len(seen):
        raise OwnError(
            f"{name} tells two or more classes apart, numbered from 0: in {shown} no training "
            f"sample is of class {lacking[0]}"
        )
    named = len(samples.classes) == len(seen)
    return samples.classes if named else tuple(map(str, range(len(seen))))


def encoded(wanted: Taker, samples: Samples, shown: str) -> Samples:
    """Return samples as a network or baseline takes them. Raises `OwnError`.

    Tables are standardized, pictures scaled to 0 to 1, words taken by their numbers; what is
    estimated comes from the training samples. Targets become class numbers, ``(n,)``.
    """
    for part in (samples.x_train, samples.x_test):
        if not isinstance(part, np.ndarray):
            raise OwnError(f"{wanted.name} takes one input; {shown} has several")
    raw = Split(
        x_train=samples.x_train,
        y_train=_numbers(samples.y_train, wanted.name, shown),
        x_test=samples.x_test,
        y_test=_numbers(samples.y_test, wanted.name, shown),
    )
    split = ENCODINGS[wanted.encoding](raw, wanted, shown)
    return replace(
        samples,
        x_train=split.x_train,
        y_train=split.y_train,
        x_test=split.x_test,
        y_test=split.y_test,
    )


def _numbers(y: object, name: str, shown: str) -> np.ndarray:
    """Return class numbers ``(n,)`` of numbers, or of rows with a 1 in the place of the class."""
    numbers = np.empty(0)
    if isinstance(y, np.ndarray):
        rows = y.reshape(len(y), -1)
        marked = rows.shape[1] > 1 and np.isin(rows, (0, 1)).all() and (rows.sum(1) == 1).all()
        numbers = rows.argmax(1) if marked else rows[:, 0] if rows.shape[1] == 1 else numbers
    if not numbers.size or (numbers < 0).any() or (numbers % 1).any():
        raise OwnError(f"{name} tells classes apart: the targets of {shown} must be their numbers")
    return numbers.astype(np.int64)


Arrays = Split[np.ndarray]


def _standardized(raw: Arrays, wanted: Taker, shown: str) -> Arrays:
    """Estimate in float64: their numbers may be of any size."""
    _require(raw, wanted, shown, "a table, (samples, features)")
    train, test = (x.astype(np.float64) for x in (raw.x_train, raw.x_test))
    return preprocess.standardize(replace(raw, x_train=train, x_test=test))


def _scaled(raw: Arrays, wanted: Taker, shown: str) -> Arrays:
    """Take away an axis of one channel; bring bytes by 255, others by their largest, to 0 to 1."""
    if all(x.ndim == 4 and x.shape[-1] == 1 for x in (raw.x_train, raw.x_test)):
        raw = replace(raw, x_train=raw.x_train[..., 0], x_test=raw.x_test[..., 0])
    what = "pictures, (samples, height, width) or with an axis of 1, 3 or 4 channels"
    if raw.x_train.ndim == 4 and raw.x_train.shape[-1] in CHANNELS:
        wanted = replace(wanted, least_shape=(*wanted.least_shape, 1))
    _require(raw, wanted, shown, what)
    most = 255.0 if raw.x_train.dtype == np.uint8 else float(raw.x_train.max())
    if raw.x_train.min() < 0:
        most = 1.0  # they are no brightnesses: as they are
    train, test = ((x / max(most, 1.0)).astype(np.float32) for x in (raw.x_train, raw.x_test))
    return replace(raw, x_train=train, x_test=test)


def _padded(raw: Arrays, wanted: Taker, shown: str) -> Arrays:
    _require(raw, wanted, shown, "word numbers, (samples, length)", tokens=wanted.tokens)
    return replace(raw, x_train=raw.x_train.astype(np.int32), x_test=raw.x_test.astype(np.int32))


def _multi_hot(raw: Arrays, wanted: Taker, shown: str) -> Arrays:
    """Mark which words occur; 0 is filling."""
    _require(raw, wanted, shown, "word numbers, (samples, length)", tokens=VOCABULARY)
    train, test = (Ragged.of([row[row > 0] for row in x]) for x in (raw.x_train, raw.x_test))
    return preprocess.multi_hot(
        Split(x_train=train, y_train=raw.y_train, x_test=test, y_test=raw.y_test),
        vocabulary=VOCABULARY,
    )


def _require(
    raw: Arrays, wanted: Taker, shown: str, what: str, *, tokens: int | None = None
) -> None:
    """Raise `OwnError` where samples are of another kind than a network takes."""
    least, shape = wanted.least_shape, raw.x_train.shape[1:]
    fits = len(shape) == len(least) and all(map(_at_least, shape, least))
    fits = fits and raw.x_test.shape[1:] == shape
    if tokens:
        what += f" below {tokens:,}"
        arrays = raw.x_train, raw.x_test
        fits = fits and all(
            x.dtype.kind in "iu" and 0 <= x.min() <= x.max() < tokens for x in arrays
        )
    if fits:
        return
    small = f", of at least {' x '.join(map(str, least[:2]))}" if max(least) > 1 else ""
    raise OwnError(
        f"{wanted.name} takes {what}{small}; {shown} has {raw.x_train.shape} {raw.x_train.dtype} "
        f"and, for testing, {raw.x_test.shape}"
    )


def _at_least(extent: int, least: int) -> bool:
    return extent >= least


ENCODINGS: Mapping[str, Callable[[Arrays, Taker, str], Arrays]] = {
    "standardized": _standardized,
    "scaled": _scaled,
    "multi_hot": _multi_hot,
    "padded": _padded,
}
"""By the name that `architectures` uses."""
