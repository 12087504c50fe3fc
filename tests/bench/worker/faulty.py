"""``python -m tests.bench.worker.faulty FAULT EXPERIMENT REFERENCE``: a fault is planted.

An equivalence is run with it. Prints the quantities that differ from the reference, as JSON.
"""

import json
import sys
from typing import Any

import keras
import msgspec
import numpy as np

from bench.experiment import Experiment
from bench.protocol import Paths
from bench.worker import compilation, equivalence, workload


def main() -> None:
    """Plant the fault, compare, print."""
    fault, experiment, reference = sys.argv[1:]
    FAULTS[fault]()
    record = equivalence.run(
        msgspec.json.decode(experiment, type=Experiment),
        lambda progress: None,
        Paths(reference=reference),
    )
    print(json.dumps(sorted({check.quantity for check in record.checks if not check.holds})))


def one_weight() -> None:
    """Change the largest weight of the convolution by 1 %."""
    draw = equivalence.draw

    def changed(model: keras.Model) -> list[np.ndarray]:
        weights = draw(model)
        (kernel,) = (weight for weight in weights if weight.ndim == 3)
        kernel.flat[np.abs(kernel).argmax()] *= 1.01
        return weights

    equivalence.draw = changed


def padding() -> None:
    """Pad the convolution, which the network does not."""
    convolution = keras.layers.Conv1D

    def padded(*arguments: object, **options: object) -> keras.layers.Layer:
        return convolution(*arguments, **{**options, "padding": "same"})

    keras.layers.Conv1D = padded


def clipped_loss() -> None:
    """Compute the loss from probabilities, which Keras clips, instead of from logits."""
    compile_model = compilation.compile_model

    def clipped(model: keras.Model, experiment: Experiment, **options: Any) -> None:
        compile_model(model, experiment, **options)
        binary = keras.losses.BinaryCrossentropy()

        def loss(true: object, logits: object) -> object:
            return binary(true, keras.ops.clip(keras.ops.sigmoid(logits), 1e-7, 1 - 1e-7))

        model.compile(optimizer=model.optimizer, loss=loss, metrics=["accuracy"])

    workload.__dict__["compile_model"] = clipped


def pooling_gradient() -> None:
    """Let the gradient of rewritten max-pooling go to the place beside the maximum."""
    from bench.worker.rewrites import pool

    def beside(size: Any, kept: Any, gradient: Any) -> Any:
        return tuple(keras.ops.roll(g, 1, axis=1) for g in right(size, kept, gradient))

    right = pool._backward
    pool.max_pool.defvjp(pool._forward, beside)


def lstm_gradient() -> None:
    """Swap the gates in the gradient of a rewritten LSTM's weights."""
    from bench.worker.rewrites import lstm

    def swapped(kept: Any, gradient: Any) -> Any:
        inputs, kernel, *others = right(kept, gradient)
        return (inputs, keras.ops.roll(kernel, recurrent_units(kept), axis=1), *others)

    def recurrent_units(kept: Any) -> int:
        return int(kept[2].shape[0])

    right = lstm._backward
    lstm.lstm.defvjp(lstm._forward, swapped)


def none() -> None:
    """Leave everything as it is."""


FAULTS = {
    fault.__name__: fault
    for fault in (one_weight, padding, clipped_loss, pooling_gradient, lstm_gradient, none)
}

if __name__ == "__main__":
    main()
