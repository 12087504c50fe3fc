"""Networks of the suite on data of the user's, encoded as the suite encodes its own."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from architectures import registry
from architectures.spec import Architecture
from bench.profiles import RECIPES
from bench.worker.own.code import OwnError
from bench.worker.own.data import Samples
from bench.worker.own.model import Loaded
from datasets import preprocess
from datasets.spec import Ragged, Split

PICTURE = (28, 28, 1)
"""Size in which files of pictures are read: that of the study's."""
VOCABULARY = 10_000
"""Words of the network that takes a set of them."""


def load(name: str, samples: Samples) -> Loaded:
    """Return a network of the registry, built for the shape and the classes of encoded samples."""
    network = registry.find(name)
    classes = max(2, len(samples.classes), int(samples.y_train.max()) + 1)
    return Loaded(
        model=network.build(samples.x_train.shape[1:], classes),
        shown=name,
        objects={},
        compiled={},
        loss=None,
        optimizer=RECIPES[network.modality].optimizer,
    )


def encoded(name: str, samples: Samples, shown: str) -> Samples:
    """Return samples as a network of the registry takes them. Raises `OwnError`.

    Tables are standardized, pictures scaled to 0 to 1, words taken by their numbers; what is
    estimated comes from the training samples. Targets become class numbers, ``(n,)``.
    """
    network = registry.find(name)
    for part in (samples.x_train, samples.x_test):
        if not isinstance(part, np.ndarray):
            raise OwnError(f"{name} takes one input; {shown} has several")
    y_train, y_test = (_classes(y, name, shown) for y in (samples.y_train, samples.y_test))
    missing = np.setdiff1d(np.arange(y_test.max(initial=y_train.max()) + 1), y_train)
    if len(missing):
        raise OwnError(
            f"{name} tells classes apart, numbered from 0: in {shown} no training sample is of "
            f"class {missing[0]}"
        )
    raw = Split(x_train=samples.x_train, y_train=y_train, x_test=samples.x_test, y_test=y_test)
    split = ENCODINGS[network.encoding](raw, network, shown)
    return replace(
        samples,
        x_train=split.x_train,
        y_train=split.y_train,
        x_test=split.x_test,
        y_test=split.y_test,
    )


def _classes(y: object, name: str, shown: str) -> np.ndarray:
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


def _standardized(raw: Arrays, network: Architecture, shown: str) -> Arrays:
    _require(raw, network, shown, "a table, (samples, features)")
    return preprocess.standardize(raw)


def _scaled(raw: Arrays, network: Architecture, shown: str) -> Arrays:
    """Take away an axis of one channel, and divide what is above 1 by 255."""
    if raw.x_train.ndim == 4 and raw.x_train.shape[-1] == 1:
        raw = replace(raw, x_train=raw.x_train[..., 0], x_test=raw.x_test[..., 0])
    _require(raw, network, shown, "pictures of one channel, (samples, height, width)")
    most = 255.0 if raw.x_train.max() > 1 else 1.0
    train, test = ((x / most).astype(np.float32) for x in (raw.x_train, raw.x_test))
    return replace(raw, x_train=train, x_test=test)


def _padded(raw: Arrays, network: Architecture, shown: str) -> Arrays:
    _require(raw, network, shown, "word numbers, (samples, length)", tokens=network.tokens)
    return replace(raw, x_train=raw.x_train.astype(np.int32), x_test=raw.x_test.astype(np.int32))


def _multi_hot(raw: Arrays, network: Architecture, shown: str) -> Arrays:
    """Mark which words occur; 0 is filling."""
    _require(raw, network, shown, "word numbers, (samples, length)", tokens=VOCABULARY)
    train, test = (Ragged.of([row[row > 0] for row in x]) for x in (raw.x_train, raw.x_test))
    return preprocess.multi_hot(
        Split(x_train=train, y_train=raw.y_train, x_test=test, y_test=raw.y_test),
        vocabulary=VOCABULARY,
    )


def _require(
    raw: Arrays, network: Architecture, shown: str, what: str, *, tokens: int | None = None
) -> None:
    """Raise `OwnError` where samples are of another kind than a network takes."""
    least, shape = network.least_shape, raw.x_train.shape[1:]
    fits = len(shape) == len(least) and all(map(_at_least, shape, least))
    if tokens:
        arrays = raw.x_train, raw.x_test
        what += f" below {tokens:,}"
        fits = fits and all(
            x.dtype.kind in "iu" and 0 <= x.min() <= x.max() < tokens for x in arrays
        )
    if fits and raw.x_test.shape[1:] == shape:
        return
    small = f" of at least {' x '.join(map(str, least))}" if max(least) > 1 else ""
    raise OwnError(
        f"{network.name} takes {what}{small}; {shown} has {raw.x_train.shape} {raw.x_train.dtype} "
        f"and, for testing, {raw.x_test.shape}"
    )


def _at_least(extent: int, least: int) -> bool:
    return extent >= least


ENCODINGS: Mapping[str, Callable[[Arrays, Architecture, str], Arrays]] = {
    "standardized": _standardized,
    "scaled": _scaled,
    "multi_hot": _multi_hot,
    "padded": _padded,
}
"""By the name that `architectures` uses."""
