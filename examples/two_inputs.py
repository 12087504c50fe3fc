"""A functional model with two inputs, a table and a short text, and data made up for it."""

import keras
import numpy as np


def build() -> keras.Model:
    """Return the model, compiled."""
    numbers = keras.Input((8,), name="numbers")
    words = keras.Input((12,), dtype="int32", name="words")
    meaning = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(500, 16)(words))
    both = keras.layers.Concatenate()([keras.layers.Dense(16, activation="relu")(numbers), meaning])
    hidden = keras.layers.Dense(32, activation="relu")(both)
    model = keras.Model([numbers, words], keras.layers.Dense(1)(hidden))
    model.compile(
        optimizer="adam",
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy("accuracy", threshold=0.0)],
    )
    return model


def load() -> tuple[object, object]:
    """Return training and test samples: ``({input: array}, classes)`` each."""
    random = np.random.default_rng(0)
    numbers = random.normal(size=(2000, 8))
    words = random.integers(0, 500, size=(2000, 12))
    classes = (numbers[:, 0] + (words < 250).mean(axis=1) > 0.5).astype("uint8")

    def part(rows: slice) -> tuple[object, np.ndarray]:
        return {"numbers": numbers[rows], "words": words[rows]}, classes[rows]

    return part(slice(1600)), part(slice(1600, None))
