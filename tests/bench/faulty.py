"""``python -m tests.bench.faulty FAULT EXPERIMENT REFERENCE``: an equivalence with a planted fault.

Prints the quantities that differ from the reference, as JSON.
"""

import json
import sys

import keras
import msgspec
import numpy as np

from bench import cell, equivalence
from bench.experiment import Experiment, Files


def main() -> None:
    """Plant the fault, compare, print."""
    fault, experiment, reference = sys.argv[1:]
    FAULTS[fault]()
    record = equivalence.run(
        msgspec.json.decode(experiment, type=Experiment),
        lambda progress: None,
        Files(reference=reference),
    )
    assert record.checks
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
    compile_model = cell.compile_model

    def clipped(model: keras.Model, experiment: Experiment, *, classes: int) -> None:
        compile_model(model, experiment, classes=classes)
        binary = keras.losses.BinaryCrossentropy()

        def loss(true: object, logits: object) -> object:
            return binary(true, keras.ops.clip(keras.ops.sigmoid(logits), 1e-7, 1 - 1e-7))

        model.compile(optimizer=model.optimizer, loss=loss, metrics=["accuracy"])

    cell.compile_model = clipped


def none() -> None:
    """Leave everything as it is."""


FAULTS = {fault.__name__: fault for fault in (one_weight, padding, clipped_loss, none)}

if __name__ == "__main__":
    main()
