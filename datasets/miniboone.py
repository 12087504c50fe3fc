"""MiniBooNE particle identification: 130,064 events of 50 real features, 28 % signal.

B. P. Roe et al., *Boosted decision trees as an alternative to artificial neural networks for
particle identification*, NIM A 543 (2005); UCI Machine Learning Repository, id 199. The text file
starts with the number of signal and of background events; then follows one event per line, 50
numbers separated by spaces, all signal events first. Rows of -999 mark a failed reconstruction.
"""

import io
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from datasets import events
from datasets.content import content
from datasets.spec import DataError, Split

FILENAME = "MiniBooNE_PID.txt"
FEATURES = 50
MISSING = -999.0


def read(files: Mapping[str, Path]) -> Split[np.ndarray]:
    """Return raw features ``(n, 50)`` float32 and classes (1 signal), split 80 to 20.

    The study does not print its split.
    """
    return events.split(*parse(files[FILENAME]))


def parse(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return features ``(n, 50)`` float32 and classes ``(n,)`` uint8 in the order of the file."""
    first, _, rest = content(path).partition(b"\n")
    signal, background = _counts(path, first)
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # of an empty table
            features = np.loadtxt(
                io.BytesIO(rest), dtype=np.float32, ndmin=2, comments=None, encoding="ascii"
            )
    except ValueError as error:
        raise DataError(f"{path}: not a table of numbers: {error}") from None
    _check(path, features, signal, background)
    return features, np.repeat(np.array([1, 0], np.uint8), (signal, background))


def _check(path: Path, features: np.ndarray, signal: int, background: int) -> None:
    if features.shape[1:] != (FEATURES,):
        raise DataError(f"{path}: expected {FEATURES} numbers a row, got {features.shape[1]}")
    if len(features) != signal + background:
        raise DataError(
            f"{path}: the first line announces {signal:,} + {background:,} events, but "
            f"{len(features):,} rows follow; the file is truncated or not the original"
        )
    events.refuse_infinite(path, features)


def _counts(path: Path, line: bytes) -> tuple[int, int]:
    if line.startswith(b"PK"):
        raise DataError(f"{path}: a ZIP archive; put the text file that is in it there")
    try:
        signal, background = (int(word) for word in line.decode("ascii").split())
    except ValueError:
        shown = line[:40].decode("latin-1")
        raise DataError(
            f"{path}: expected two counts (signal, background) in the first line, got {shown!r}"
        ) from None
    if min(signal, background) < 2:
        raise DataError(f"{path}: both classes need events, got {signal} and {background}")
    return signal, background
