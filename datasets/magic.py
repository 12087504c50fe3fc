"""MAGIC gamma telescope: 19,020 events of ten real features, 65 % gamma rays.

R. K. Bock et al., *Methods for multidimensional event classification: a case study using images
from a Cherenkov gamma-ray telescope*, NIM A 516 (2004); UCI Machine Learning Repository, id 159.
The text file has an event a line: ten numbers and a letter, ``g`` for gamma (signal) or ``h`` for
hadron (background), separated by commas, all signal events first. Not of the study: tabular data
that can be had where MiniBooNE's cannot.
"""

import io
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from datasets import events
from datasets.content import content
from datasets.spec import DataError, Split

FILENAME = "magic04.data"
FEATURES = 10
LETTERS = ("h", "g")
"""By class number."""


def read(files: Mapping[str, Path]) -> Split[np.ndarray]:
    """Return raw features ``(n, 10)`` float32 and classes (1 gamma), split 80 to 20."""
    return events.split(*parse(files[FILENAME]))


def parse(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return features ``(n, 10)`` float32 and classes ``(n,)`` uint8 in the order of the file."""
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # of an empty table
            cells = np.loadtxt(
                io.BytesIO(content(path)), str, delimiter=",", ndmin=2, comments=None
            )
        if cells.shape[1:] != (FEATURES + 1,):
            raise DataError(
                f"{path}: expected {FEATURES} numbers and a letter a row, got {cells.shape[1]}"
            )
        with np.errstate(over="ignore"):  # infinity is refused below
            features = cells[:, :FEATURES].astype(np.float32)
    except ValueError as error:
        raise DataError(f"{path}: not a table of numbers: {str(error).partition(';')[0]}") from None
    events.refuse_infinite(path, features)
    return features, _classes(path, np.char.strip(cells[:, FEATURES]))


def _classes(path: Path, letters: np.ndarray) -> np.ndarray:
    unknown = np.flatnonzero(~np.isin(letters, LETTERS))
    if len(unknown):
        row = unknown[0]
        raise DataError(
            f"{path}: event {row + 1:,}: expected g (gamma) or h (hadron), got "
            f"{str(letters[row])[:40]!r}"
        )
    classes: np.ndarray = (letters == LETTERS[1]).astype(np.uint8)
    for number, letter in enumerate(LETTERS):
        if np.count_nonzero(classes == number) < 2:
            raise DataError(f"{path}: both classes need events, there are too few of {letter}")
    return classes
