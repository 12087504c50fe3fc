"""Prediction of a network's test subset, timed from host to host."""

import time
from dataclasses import dataclass

import keras

from bench.execution import Execution
from bench.worker import timing
from bench.worker.structure import Structure, count, take


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicting:
    """What `predict` measured."""

    outputs: Structure
    """For the test samples; of a classifier ``(test samples, 1 or classes)``."""
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


def compiled_predictor_of(model: keras.Model, execution: Execution) -> keras.Model:
    """Return `predictor_of` a model, for which the backend uses XLA where the execution says so."""
    predictor = predictor_of(model)
    if execution.jit_compile != "auto":
        predictor.compile(jit_compile=execution.jit_compile)
    return predictor


def predict(predictor: keras.Model, samples: Structure, batch_size: int) -> Predicting:
    """Predict the test subset at the recipe's batch size and single samples, from host to host."""
    start = time.perf_counter()
    predictor.predict(take(samples, slice(batch_size)), batch_size=batch_size, verbose=0)
    first_seconds = time.perf_counter() - start
    if ragged := count(samples) % batch_size:
        predictor.predict(take(samples, slice(ragged)), batch_size=batch_size, verbose=0)

    outputs: list[Structure] = []

    def whole_pass(_: int) -> None:
        outputs.append(predictor.predict(samples, batch_size=batch_size, verbose=0))

    passes = timing.passes(whole_pass)
    latencies = timing.latency(
        lambda row: predictor.predict_on_batch(take(samples, slice(row, row + 1))), count(samples)
    )
    return Predicting(
        outputs=outputs[0],
        first_seconds=first_seconds,
        pass_seconds=passes,
        latency_seconds=latencies,
    )
