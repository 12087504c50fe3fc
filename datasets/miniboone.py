"""MiniBooNE particle identification: 130,064 events of 50 real features, 28 % signal.

B. P. Roe et al., *Boosted decision trees as an alternative to artificial neural networks for
particle identification*, NIM A 543 (2005); UCI Machine Learning Repository, id 199. The text file
starts with the number of signal and of background events; then follows one event per line, 50
numbers separated by spaces, all signal events first. Rows of -999 mark a failed reconstruction.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from datasets.spec import DataError, Split

FILENAME = "MiniBooNE_PID.txt"
FEATURES = 50
MISSING = -999.0


def read(files: Mapping[str, Path]) -> Split[np.ndarray]:
    """Return raw features ``(n, 50)`` float32 and classes (1 signal), split 80 to 20.

    The study does not print its split: this one is stratified and drawn by a fixed seed.
    """
    from sklearn.model_selection import train_test_split  # a second to import, needed only here

    features, classes = parse(files[FILENAME])
    x_train, x_test, y_train, y_test = train_test_split(
        features, classes, test_size=0.2, random_state=0, stratify=classes
    )
    return Split(x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def parse(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return features ``(n, 50)`` float32 and classes ``(n,)`` uint8 in the order of the file."""
    with path.open() as lines:
        signal, background = _counts(path, lines.readline())
        try:
            features = np.loadtxt(lines, dtype=np.float32, ndmin=2)
        except ValueError as error:
            raise DataError(f"{path}: not a table of numbers: {error}") from None
    if features.shape[1:] != (FEATURES,):
        raise DataError(f"{path}: expected {FEATURES} numbers a row, got {features.shape[1]}")
    if len(features) != signal + background:
        raise DataError(
            f"{path}: the first line announces {signal:,} + {background:,} events, but "
            f"{len(features):,} rows follow; the file is truncated or not the original"
        )
    return features, np.repeat(np.array([1, 0], np.uint8), (signal, background))


def _counts(path: Path, line: str) -> tuple[int, int]:
    try:
        signal, background = (int(word) for word in line.split())
    except ValueError:
        raise DataError(
            f"{path}: expected two counts (signal, background) in the first line, got {line!r:.60}"
        ) from None
    if min(signal, background) < 2:
        raise DataError(f"{path}: both classes need events, got {signal} and {background}")
    return signal, background
