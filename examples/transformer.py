"""One block of a transformer, from Keras' own layers, for reviews of 500 words (IMDB)."""

import keras
from keras import layers


def build() -> keras.Model:
    """Return the model, not compiled: the suite takes a usual recipe and says which."""
    words = keras.Input((500,), dtype="int32")
    x = layers.Embedding(10_000, 32)(words)
    attended = layers.MultiHeadAttention(num_heads=2, key_dim=16)(x, x)
    x = layers.LayerNormalization()(x + attended)
    x = layers.LayerNormalization()(x + layers.Dense(32)(layers.Dense(64, activation="relu")(x)))
    return keras.Model(words, layers.Dense(1)(layers.GlobalAveragePooling1D()(x)))
