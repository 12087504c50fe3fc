"""Test predictions after the last epoch, kept beside the record: any score can be computed again.

``predictions/<id>-<fingerprint>.npz`` in the folder of the records, readable with `numpy.load`:
``true``, class numbers ``(test samples,)``, and ``probabilities``, float32
``(test samples, classes)``, or ``(test samples, 1)`` for the second of two classes.
"""

import hashlib
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from reports.schema.record import Evaluated, Fitted, Trained


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
            with (
                path(folder, record.id, record.fingerprint).open("rb") as stream,
                np.load(stream, allow_pickle=False) as arrays,
            ):
                kept = Predictions(true=arrays["true"], probabilities=arrays["probabilities"])
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            continue
        if kept.checksum == record.predictions:
            return kept
    return None
