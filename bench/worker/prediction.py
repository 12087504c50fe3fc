"""Prediction of a network's test subset, timed from host to host."""

import time
from dataclasses import dataclass

import keras
import numpy as np

from bench.worker import timing
from datasets.spec import Split


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicting:
    """What `predict` measured."""

    probabilities: np.ndarray
    """Of the test samples, ``(test samples, 1 or classes)``."""
    first_seconds: float
    pass_seconds: tuple[float, ...]
    latency_seconds: tuple[float, ...]


def predictor_of(model: keras.Model) -> keras.Model:
    """Return a network that gives probabilities, float32, where ``model`` gives logits.

    In mixed precision the logits are bfloat16, with which 0.999 and 1 are one.
    """
    name = "sigmoid" if model.output_shape[-1] == 1 else "softmax"
    activation = keras.layers.Activation(name, dtype="float32")
    return keras.Model(model.inputs, activation(model.outputs[0]))


def predict(model: keras.Model, split: Split[np.ndarray], batch_size: int) -> Predicting:
    """Predict the test subset at the recipe's batch size and single samples, from host to host."""
    predictor = predictor_of(model)
    samples = split.x_test
    start = time.perf_counter()
    predictor.predict(samples[:batch_size], verbose=0)
    first_seconds = time.perf_counter() - start
    if ragged := len(samples) % batch_size:
        predictor.predict(samples[:ragged], batch_size=batch_size, verbose=0)

    outputs: list[np.ndarray] = []

    def whole_pass(_: int) -> None:
        outputs.append(predictor.predict(samples, batch_size=batch_size, verbose=0))

    passes = timing.passes(whole_pass)
    latencies = timing.latency(
        lambda row: predictor.predict_on_batch(samples[row : row + 1]), len(samples)
    )
    return Predicting(
        probabilities=outputs[0],
        first_seconds=first_seconds,
        pass_seconds=passes,
        latency_seconds=latencies,
    )
