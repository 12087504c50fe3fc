"""Four networks for vectors: ``(batch, features)`` float32 to logits; 50 features in the study.

Counts are those of the study's widths; for other data they were scaled to, the registry has more.

The convolutional and the recurrent network read the vector as steps of one feature. The study
prints no dropout rates; these are starting values, mild because the task hardly overfits.
"""

import keras

from architectures.spec import Shape, logits


def tabular_mlp(shape: Shape, classes: int, *, units: int = 150) -> keras.Model:
    """One wide hidden layer (7,801 parameters)."""
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(logits(classes)),
        ],
        name="tabular_mlp",
    )


def tabular_mlpx(shape: Shape, classes: int, *, units: int = 50) -> keras.Model:
    """Three narrow hidden layers: depth against the width of `tabular_mlp` (7,701 parameters)."""
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(logits(classes)),
        ],
        name="tabular_mlpx",
    )


def tabular_cnn(shape: Shape, classes: int) -> keras.Model:
    """One convolution over neighbouring features (7,829 parameters)."""
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Reshape((*shape, 1)),
            keras.layers.Conv1D(32, 3, activation="relu"),
            keras.layers.MaxPooling1D(2),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(10, activation="relu"),
            keras.layers.Dense(logits(classes)),
        ],
        name="tabular_cnn",
    )


def tabular_rnn(shape: Shape, classes: int, *, units: int = 42) -> keras.Model:
    """One LSTM that reads feature after feature (7,435 parameters)."""
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Reshape((*shape, 1)),
            keras.layers.LSTM(units),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(logits(classes)),
        ],
        name="tabular_rnn",
    )
