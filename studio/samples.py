"""Samples of a data set as a person can look at them: pictures, words, features."""

import base64
import functools
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from datasets import fetch, load
from datasets import registry as datasets
from datasets.spec import Dataset, Ragged, Split

SCALE = 4
"""Screen pixels for each pixel of an image."""
WORDS = 60
"""Shown of a review."""
EXTREMES = 6
"""Features shown of a tabular sample."""
BINS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """The raw arrays of one data set, as an experiment uses them."""

    dataset: Dataset
    split: Split[Any]
    words: Mapping[int, str]
    centre: np.ndarray | None
    """Of tabular data: mean of each feature, ``(features,)``, missing values left out."""
    spread: np.ndarray | None
    """Standard deviations likewise."""

    def picture(self, subset: str, row: int) -> str | None:
        """Return an image as a ``data:`` URL of a PNG; None for other data."""
        if self.dataset.modality != "image":
            return None
        pixels = self._inputs(subset)[row]
        image = Image.fromarray(np.ascontiguousarray(pixels))
        size = (image.width * SCALE, image.height * SCALE)
        stream = io.BytesIO()
        image.resize(size, Image.Resampling.NEAREST).save(stream, "png")
        return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"

    def text(self, subset: str, row: int) -> str | None:
        """Return a sequence as words, tabular data as its most unusual features."""
        inputs = self._inputs(subset)
        if isinstance(inputs, Ragged):
            tokens = inputs.values[inputs.offsets[row] : inputs.offsets[row + 1]]
            shown = [self.words.get(int(token), f"#{token}") for token in tokens[: WORDS + 1]]
            more = f" … ({len(tokens):,} words)" if len(tokens) > WORDS + 1 else ""
            return " ".join(filter(None, shown)) + more
        if self.dataset.modality == "tabular" and self.spread is not None:
            present = inputs[row] != self.dataset.missing
            scores = np.where(present, (inputs[row] - self.centre) / self.spread, 0)
            furthest = np.argsort(-abs(scores))[:EXTREMES]
            missing = len(present) - int(present.sum())
            values = [f"feature {column + 1}: {scores[column]:+.1f} SD" for column in furthest]
            return ", ".join(values + ([f"{missing} missing"] if missing else []))
        return None

    def balance(self) -> dict[str, tuple[int, ...]]:
        """Return the number of samples of each class, by subset."""
        count = len(self.dataset.classes)
        return {
            "training": tuple(np.bincount(self.split.y_train, minlength=count).tolist()),
            "test": tuple(np.bincount(self.split.y_test, minlength=count).tolist()),
        }

    def rows(self, class_number: int | None, *, seed: int, count: int) -> np.ndarray:
        """Draw training samples of a class, or of all, ``(count or fewer,)``."""
        labels = self.split.y_train
        rows = (
            np.arange(len(labels))
            if class_number is None
            else np.flatnonzero(labels == class_number)
        )
        return np.random.default_rng(seed).permutation(rows)[:count]

    def histogram(self, column: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the bins of what describes training samples, and their counts by class.

        That is a feature of tabular data, the mean brightness of images, the words of sequences.
        Edges ``(BINS + 1,)`` span all but the outermost half per cent on either side; counts are
        ``(classes, BINS)``.
        """
        values = self._describing(column)
        finite = np.isfinite(values)
        low, high = np.percentile(values[finite], (0.5, 99.5)) if finite.any() else (0, 1)
        edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
        counts = [
            np.histogram(values[finite & (self.split.y_train == number)], edges)[0]
            for number in range(len(self.dataset.classes))
        ]
        return edges, np.stack(counts)

    @property
    def columns(self) -> tuple[str, ...]:
        """What `histogram` counts, by column."""
        if self.dataset.modality == "image":
            return ("mean brightness (0 to 255)",)
        if self.dataset.modality == "sequential":
            return ("words of a sample",)
        return tuple(f"feature {number + 1}" for number in range(self.split.x_train.shape[1]))

    def _describing(self, column: int) -> np.ndarray:
        inputs = self.split.x_train
        if isinstance(inputs, Ragged):
            return inputs.lengths.astype(np.float64)
        if self.dataset.modality == "image":
            means: np.ndarray = inputs.reshape(len(inputs), -1).mean(axis=1)
            return means
        values: np.ndarray = inputs[:, column].astype(np.float64)
        return np.where(values == self.dataset.missing, np.nan, values)

    def _inputs(self, subset: str) -> Any:
        return self.split.x_test if subset == "test" else self.split.x_train


@functools.lru_cache(maxsize=2)
def read(name: str, synthetic: bool, train: int | None, test: int | None) -> Samples:
    """Return the samples of an experiment. Raises `datasets.spec.DataError`, `OSError`."""
    dataset = datasets.find(name)
    split, _ = load.raw(dataset, synthetic=synthetic, train=train, test=test)
    centre = spread = None
    if dataset.modality == "tabular":
        values = np.where(split.x_train == dataset.missing, np.nan, split.x_train)
        centre, spread = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
        spread[spread == 0] = 1
    return Samples(
        dataset=dataset,
        split=split,
        words=fetch.words(dataset, synthetic=synthetic),
        centre=centre,
        spread=spread,
    )
