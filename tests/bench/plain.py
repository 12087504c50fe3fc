"""``python -m tests.bench.plain run|turns EXPERIMENT``: what a script without this suite would do.

Keras' own calls and no records: the yardstick of `tests.bench.cost`. ``run`` trains and predicts as
the experiment (JSON) would; ``turns`` trains one network by the suite and by plain
`keras.Model.fit` in turns, and prints the seconds of the steady epochs as JSON.
"""

import json
import sys
import time

import keras
import msgspec

from architectures import registry
from bench import cell, measure, programs
from bench.execution import BY_NAME
from bench.experiment import Experiment
from datasets import load
from datasets.registry import find

TURNS = 8
STEADY = 2
"""Epochs of each turn that count; plain `fit` has one before them."""


class Clock(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Seconds of each epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Start."""
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """Stop."""
        self.seconds.append(time.perf_counter() - self._start)


def main() -> None:
    """Run one experiment."""
    experiment = msgspec.json.decode(sys.argv[2], type=Experiment)
    architecture, dataset = registry.find(experiment.architecture), find(experiment.dataset)
    split, _ = load.load(
        dataset,
        encoding=architecture.encoding,
        embedded=experiment.embedded,
        train=experiment.train_samples,
        test=experiment.test_samples,
    )
    targets = cell.one_hot(split.y_train, len(dataset.classes))
    model = architecture.build()
    cell.compile_model(model, experiment, classes=len(dataset.classes))

    def fit(epochs: int, **options: object) -> list[float]:
        clock = Clock()
        model.fit(
            *(split.x_train, targets),
            batch_size=experiment.batch_size,
            epochs=epochs,
            verbose=0,
            callbacks=[clock],
            **options,
        )
        return clock.seconds

    if sys.argv[1] == "turns":
        trained = programs.trainer(
            model,
            split.x_train,
            targets,
            batch_size=experiment.batch_size,
            execution=BY_NAME["default"],
        )
        order = cell.batch_order(0, 0, len(targets))
        trained(0, order)
        fit(1)
        seconds: dict[str, list[float]] = {"suite": [], "plain": []}
        for turn in range(TURNS):
            for way in ("suite", "plain") if turn % 2 else ("plain", "suite"):
                seconds[way] += (
                    fit(1 + STEADY)[1:]
                    if way == "plain"
                    else [trained(0, order).seconds for _ in range(STEADY)]
                )
        print(json.dumps(seconds))
        return
    fit(
        experiment.epochs,
        validation_data=(split.x_test, cell.one_hot(split.y_test, len(dataset.classes))),
    )
    for _ in measure.timed(
        lambda _: model.predict(split.x_test, batch_size=experiment.batch_size, verbose=0),
        most=measure.PREDICTION_PASSES,
        seconds=measure.PREDICTION_SECONDS,
    ):
        pass
    measure.latency(
        lambda row: model.predict_on_batch(split.x_test[row : row + 1]), len(split.x_test)
    )


if __name__ == "__main__":
    main()
