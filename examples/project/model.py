"""Somebody's model, in a project of their own."""

import keras
import numpy as np


def build() -> keras.Model:
    """Return the model, compiled."""
    model = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(3)]
    )
    model.compile(
        optimizer="adam",
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def load() -> tuple[object, object]:
    """Return training and test samples."""
    random = np.random.default_rng(0)
    x = random.normal(size=(900, 6))
    y = (x @ random.normal(size=(6, 3))).argmax(axis=1)
    return (x[:700], y[:700]), (x[700:], y[700:])
