"""A regression: how far diabetes has progressed after a year (scikit-learn's data)."""

import keras
from sklearn.datasets import load_diabetes


def build() -> keras.Model:
    """Return the model, compiled."""
    model = keras.Sequential(
        [
            keras.Input((10,)),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
    return model


def load() -> tuple[object, object]:
    """Return training and test samples, the target scaled to about 1."""
    x, y = load_diabetes(return_X_y=True)
    return (x[:350], y[:350] / 100), (x[350:], y[350:] / 100)
