"""Test predictions after the last epoch, kept beside the record: any score can be computed again.

``predictions/<id>-<fingerprint>.npz`` in the folder of the records, readable with `numpy.load`:
``true``, class numbers ``(test samples,)``, and ``probabilities``, float32
``(test samples, classes)``, or ``(test samples, 1)`` for the second of two classes.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from reports.schema.reading import LARGEST_BYTES, file_bytes
from reports.schema.record import Data, Evaluated, Fitted, Trained

LARGEST_ITEM_BYTES = 8
HEADERS_BYTES = 2**16
"""Of a file and its two arrays: more than they need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """What a network said of each test sample, and what is true."""

    true: np.ndarray
    probabilities: np.ndarray

    @property
    def classes(self) -> np.ndarray:
        """Predicted class numbers ``(test samples,)``."""
        if self.probabilities.shape[1] == 1:
            numbers: np.ndarray = (self.probabilities[:, 0] > 0.5).astype(np.uint8)
        else:
            numbers = self.probabilities.argmax(axis=1)
        return numbers

    @property
    def no_curve(self) -> str | None:
        """Why no threshold curve can be drawn, if none can."""
        if self.probabilities.shape[1] != 1:
            return "its task is not of two classes"
        if not np.isfinite(self.probabilities).all():
            return "its predictions are not all finite numbers"
        if len(np.unique(self.true)) < 2:
            return "its test samples are all of one class"
        return None

    @property
    def checksum(self) -> str:
        """``sha256:…`` over both arrays, which the record holds."""
        digest = hashlib.sha256(np.ascontiguousarray(self.true).data)
        digest.update(np.ascontiguousarray(self.probabilities).data)
        return f"sha256:{digest.hexdigest()}"

    def save(self, stream: BinaryIO) -> None:
        """Write the arrays, compressed."""
        np.savez_compressed(
            stream, allow_pickle=False, true=self.true, probabilities=self.probabilities
        )


def path(folder: Path, record_id: str, fingerprint: str | None) -> Path:
    """Return the file that belongs to a record in a folder of records."""
    return folder / "predictions" / f"{record_id}-{fingerprint}.npz"


def find(record: Trained | Fitted | Evaluated, folders: Iterable[Path]) -> Predictions | None:
    """Return the predictions of a record, or None where they are missing, damaged or another's."""
    for folder in folders:
        try:
            kept = _read(path(folder, record.id, record.fingerprint), record.data)
        except Exception:  # what NumPy and zipfile raise on damaged bytes is of a dozen kinds
            continue
        if kept and kept.checksum == record.predictions:
            return kept
    return None


def _read(file: Path, data: Data) -> Predictions | None:
    """Return what a file holds, or None where it does not fit the record's data.

    Raises whatever damage makes NumPy and zipfile raise.
    """
    samples, classes = data.test_samples, len(data.classes)
    most = min(samples * (classes + 1) * LARGEST_ITEM_BYTES + HEADERS_BYTES, LARGEST_BYTES)
    content = file_bytes(file, most=most)
    with zipfile.ZipFile(io.BytesIO(content)) as members:
        if sum(member.file_size for member in members.infolist()) > most:
            return None  # a few bytes may unpack to more than the memory holds
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        true, probabilities = arrays["true"], arrays["probabilities"]
    columns = 1 if classes == 2 else classes
    fits = (
        true.shape == (samples,)
        and true.dtype.kind in "iu"
        and bool(((true >= 0) & (true < classes)).all())
        and probabilities.dtype.kind == "f"
        and probabilities.shape == (samples, columns)
    )
    return Predictions(true=true, probabilities=probabilities) if fits else None
