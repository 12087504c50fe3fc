"""What a data set is: where its files come from, and the arrays it becomes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import numpy as np

DATA_DIR = "BENCH_DATA_DIR"
"""Environment variable: a folder laid out as ``<data set>/<file>``, looked in first."""
CACHE_DIR = "BENCH_CACHE_DIR"
"""Environment variable: where downloads and parsed arrays are kept."""

Modality = Literal["tabular", "image", "sequential"]
Origin = Literal["published", "known", "structure", "other"]
"""Of files: the published ones; known to be as good; of the right structure where no checksum is
published; none of these."""


class DataError(Exception):
    """A file is not what it should be. The message names the file, what was expected and found."""


class MissingDataError(DataError):
    """A file is not there. The message names it, its URL and the folder to put it in by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file of a public distribution."""

    filename: str
    url: str
    checksum: str | None
    """``md5:…`` or ``sha256:…`` of the file, as published, or None where none is."""
    size_bytes: int
    """Size of the download, for the person who waits."""
    known: Mapping[str, str] = field(default_factory=dict)
    """``sha256:…`` of what other files hold, unpacked, that are as good, and what those are; empty
    for the published file in another form."""
    member: str | None = None
    """Name inside the downloaded ZIP archive, where the URL serves one."""
    archive_checksum: str | None = None
    """Of that archive, likewise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ragged:
    """Sequences of unlike lengths, end to end in one array."""

    values: np.ndarray
    """Shape ``(sum of lengths,)``."""
    offsets: np.ndarray
    """Shape ``(sequences + 1,)`` int64; sequence i is ``values[offsets[i]:offsets[i + 1]]``."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, chosen: np.ndarray) -> "Ragged":
        """Return the sequences with the given indexes, ``(n,)`` integers, in that order."""
        return Ragged.of([self.values[self.offsets[i] : self.offsets[i + 1]] for i in chosen])

    @property
    def lengths(self) -> np.ndarray:
        """Lengths of the sequences, ``(sequences,)``."""
        return np.diff(self.offsets)

    @staticmethod
    def of(sequences: Sequence[np.ndarray]) -> "Ragged":
        """Join one-dimensional integer arrays."""
        offsets = np.zeros(len(sequences) + 1, dtype=np.int64)
        offsets[1:] = np.cumsum([len(sequence) for sequence in sequences])
        values = np.concatenate(sequences) if len(sequences) else np.empty(0, np.int32)
        return Ragged(values=values.astype(np.int32), offsets=offsets)


Samples = TypeVar("Samples", np.ndarray, Ragged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(Generic[Samples]):
    """Training and test data. The study validates on the test subset: there is no third."""

    x_train: Samples
    y_train: np.ndarray
    """Class numbers ``(n,)`` uint8."""
    x_test: Samples
    y_test: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """One of the forms in which networks take a data set."""

    shape: tuple[int, ...]
    """Of one sample, without the batch."""
    dtype: str
    tokens: int | None = None
    """Where it is of integers that stand for words: they are below this."""
    apply: Callable[[Split[Any]], Split[np.ndarray]]
    """Raw split to encoded split; whatever is estimated comes from the training samples alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """One data set of the comparison."""

    name: str
    title: str
    modality: Modality
    folder: str
    """Its folder below the data directory."""
    sources: tuple[Source, ...]
    licence: str
    classes: tuple[str, ...]
    """Class names; the second of two is the positive one."""
    sizes: tuple[int, int]
    """Samples of the whole distribution for training and test."""
    revision: int
    """Raised by hand with every change of `read` or `generate` that changes their arrays."""
    read: Callable[[Mapping[str, Path]], Split[Any]]
    """Files by name to raw arrays; raises `DataError`."""
    generate: Callable[[int, int, int], Split[Any]] | None
    """``(training samples, test samples, seed)`` to synthetic data of the same raw form; None where
    there are none."""
    encodings: Mapping[str, Encoding]
    """By the name that `architectures` uses."""
    target_accuracies: tuple[float, ...] = ()
    """Validation accuracies whose time is told: one that every network should reach, and one near
    the best that is known."""
    only_if_named: bool = False
    """Whether it takes part only where it is asked for: not one of the study's."""
    missing: float | None = None
    """Of tabular data: the value that stands for none."""
    words: "Callable[[Path | None], Mapping[int, str]] | None" = None
    """For tokens, their words: of a folder of files, or, for None, of the synthetic data. A token
    that it leaves out has none that is known."""
