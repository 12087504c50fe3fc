"""``python -m bench.worker.plain run|turns EXPERIMENT``: what a script without this suite would do.

Keras' own calls and no records: the yardstick of `tools.cost`. ``run`` trains and predicts as
the experiment (JSON) would; ``turns`` trains one network by the suite and by plain
`keras.Model.fit` in turns, and prints the seconds of the steady epochs as JSON.
"""

import json
import sys

import keras
import msgspec
import numpy as np

from bench.execution import BY_NAME
from bench.experiment import Experiment
from bench.worker import description, programs, scoring, setup, timing
from bench.worker.compilation import compile_model, one_hot
from bench.worker.training import batch_order
from datasets.spec import Split

TURNS = 8
STEADY = 2
"""Epochs of each turn that count; plain `fit` has one before them."""


def main() -> None:
    """Run one experiment."""
    experiment = msgspec.json.decode(sys.argv[2], type=Experiment)
    setup.begin(experiment)
    split, data = scoring.arrays(experiment)
    model = description.build(experiment)
    compile_model(model, experiment, classes=len(data.classes))
    if sys.argv[1] == "turns":
        targets = one_hot(split.y_train, len(data.classes))
        print(json.dumps(turns(model, split.x_train, targets, experiment)))
    else:
        run(model, split, experiment, len(data.classes))


def fit(
    model: keras.Model,
    inputs: np.ndarray,
    targets: np.ndarray,
    *,
    batch_size: int,
    epochs: int,
    **options: object,
) -> list[float]:
    """Return the seconds of each epoch of plain `fit`."""
    clock = programs.EpochClock()
    model.fit(
        *(inputs, targets),
        batch_size=batch_size,
        epochs=epochs,
        verbose=0,
        callbacks=[clock],
        **options,
    )
    return clock.seconds


def turns(
    model: keras.Model, inputs: np.ndarray, targets: np.ndarray, experiment: Experiment
) -> dict[str, list[float]]:
    """Return the seconds of steady epochs by the suite and by plain `fit`, taken in turns."""
    batch_size = experiment.batch_size
    train = programs.trainer(
        model, inputs, targets, batch_size=batch_size, execution=BY_NAME["default"]
    )
    order = batch_order(0, 0, len(targets))
    train(0, order)
    fit(model, inputs, targets, batch_size=batch_size, epochs=1)
    seconds: dict[str, list[float]] = {"suite": [], "plain": []}
    for turn in range(TURNS):
        for way in ("suite", "plain") if turn % 2 else ("plain", "suite"):
            if way == "plain":
                taken = fit(model, inputs, targets, batch_size=batch_size, epochs=1 + STEADY)[1:]
            else:
                taken = [train(0, order).seconds for _ in range(STEADY)]
            seconds[way] += taken
    return seconds


def run(model: keras.Model, split: Split[np.ndarray], experiment: Experiment, classes: int) -> None:
    """Train and predict as the experiment would."""
    fit(
        model,
        split.x_train,
        one_hot(split.y_train, classes),
        batch_size=experiment.batch_size,
        epochs=experiment.epochs,
        validation_data=(split.x_test, one_hot(split.y_test, classes)),
    )
    timing.passes(
        lambda _: model.predict(split.x_test, batch_size=experiment.batch_size, verbose=0)
    )
    timing.latency(
        lambda row: model.predict_on_batch(split.x_test[row : row + 1]), len(split.x_test)
    )


if __name__ == "__main__":
    main()
