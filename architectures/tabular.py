"""Four networks for vectors of 50 features: ``(batch, 50)`` float32 to logits ``(batch, 1)``.

The convolutional and the recurrent network read the vector as 50 steps of one feature. The source
prints no dropout rates; these are starting values, mild because the task hardly overfits.
"""

import keras


def tabular_mlp() -> keras.Model:
    """One wide hidden layer (7,801 parameters)."""
    return keras.Sequential(
        [
            keras.Input((50,)),
            keras.layers.Dense(150, activation="relu"),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(1),
        ],
        name="tabular_mlp",
    )


def tabular_mlpx() -> keras.Model:
    """Three narrow hidden layers: depth against the width of `tabular_mlp` (7,701 parameters)."""
    return keras.Sequential(
        [
            keras.Input((50,)),
            keras.layers.Dense(50, activation="relu"),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(50, activation="relu"),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(50, activation="relu"),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(1),
        ],
        name="tabular_mlpx",
    )


def tabular_cnn() -> keras.Model:
    """One convolution over neighbouring features (7,829 parameters)."""
    return keras.Sequential(
        [
            keras.Input((50,)),
            keras.layers.Reshape((50, 1)),
            keras.layers.Conv1D(32, 3, activation="relu"),
            keras.layers.MaxPooling1D(2),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(10, activation="relu"),
            keras.layers.Dense(1),
        ],
        name="tabular_cnn",
    )


def tabular_rnn() -> keras.Model:
    """One LSTM that reads feature after feature (7,435 parameters)."""
    return keras.Sequential(
        [
            keras.Input((50,)),
            keras.layers.Reshape((50, 1)),
            keras.layers.LSTM(42),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(1),
        ],
        name="tabular_rnn",
    )
