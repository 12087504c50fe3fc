"""What tables of events have in common: rows of real features, two classes, no split."""

from pathlib import Path

import numpy as np

from datasets.spec import DataError, Split


def refuse_infinite(path: Path, features: np.ndarray) -> None:
    """Raise `DataError` for an infinite number, which would be all that is left of its feature.

    One that is *not a number* is let through (`datasets.preprocess.standardize`).
    """
    infinite = np.argwhere(np.isinf(features))
    if len(infinite):
        row, column = infinite[0]
        raise DataError(
            f"{path}: event {row + 1:,}, number {column + 1}: infinite, or too large for float32 "
            f"({len(infinite):,} such numbers in the file)"
        )


def split(features: np.ndarray, classes: np.ndarray) -> Split[np.ndarray]:
    """Split 80 to 20, stratified and drawn by a fixed seed, as no other split is published."""
    from sklearn.model_selection import train_test_split  # a second to import, needed only here

    x_train, x_test, y_train, y_test = train_test_split(
        features, classes, test_size=0.2, random_state=0, stratify=classes
    )
    return Split(x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
