"""What a task works on: a network, ready to be trained, with its samples.

The same for a network of the registry and for one that the user brought (`bench.worker.own`).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from bench.execution import Execution
from bench.experiment import Experiment, execution_of
from bench.worker import description, scoring
from bench.worker.compilation import compile_model, one_hot
from bench.worker.prediction import compiled_predictor_of
from bench.worker.rewrites import rewritten
from bench.worker.structure import Structure, count
from reports.schema.record import Data, Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A network with the samples that it is trained and tested on."""

    model: keras.Model
    compile: Callable[[keras.optimizers.Optimizer | None], None]
    """Compiles the model anew, as its recipe says, or with another optimizer."""
    x_train: Structure
    y_train: Structure
    """Targets as the loss takes them."""
    x_test: Structure
    y_test: Structure
    true: np.ndarray | None
    """Class numbers of the test samples, ``(n,)``; None where the task is not of classes."""
    logits: bool
    """Whether the model gives logits, which its loss takes."""
    predictor: keras.Model
    """What predicts; `probabilities` makes of its outputs what a record keeps."""
    probabilities: Callable[[np.ndarray], np.ndarray]
    metrics: tuple[str, ...] | None
    """Recorded each epoch besides the loss; None: whatever the model is compiled with."""
    data: Data
    network: Network
    execution: Execution
    """In force: that of the experiment, or plain `fit` where that is not possible."""
    rewrites: tuple[str, ...]
    own_step: bool = False
    """Whether it trains by a method of its own, of which nothing is known."""
    remarks: tuple[str, ...] = ()
    """What the user should know of it, a line each."""
    data_seconds: float
    build_seconds: float

    @property
    def samples(self) -> int:
        """Number of training samples."""
        return count(self.x_train)

    @property
    def classes(self) -> int:
        """Number of classes; 0 where the task is not of classes."""
        return len(self.data.classes)


def of(experiment: Experiment, *, compiled: bool = True) -> Workload:
    """Return an experiment's workload, compiled unless that is left to the caller.

    Raises what building a network and reading its data raise: `datasets.spec.DataError`,
    `architectures.layers.BudgetError`, `bench.worker.own.code.OwnError`, …
    """
    if experiment.own:
        from bench.worker.own import workload

        return workload.of(experiment)
    clock = time.perf_counter()
    split, data = scoring.arrays(experiment)
    data_seconds = time.perf_counter() - clock
    classes = len(data.classes)

    clock = time.perf_counter()
    execution = execution_of(experiment)
    model, rewrites = rewritten(description.build(experiment), execution.rewrites)

    def compile_again(optimizer: keras.optimizers.Optimizer | None = None) -> None:
        compile_model(model, experiment, classes=classes, optimizer=optimizer)

    if compiled:
        compile_again()
    build_seconds = time.perf_counter() - clock
    return Workload(
        model=model,
        compile=compile_again,
        x_train=split.x_train,
        y_train=one_hot(split.y_train, classes),
        x_test=split.x_test,
        y_test=one_hot(split.y_test, classes),
        true=split.y_test,
        logits=True,
        predictor=compiled_predictor_of(model, execution),
        probabilities=lambda outputs: outputs,
        metrics=experiment.metrics,
        data=data,
        network=description.describe(experiment, model),
        execution=execution,
        rewrites=rewrites,
        data_seconds=data_seconds,
        build_seconds=build_seconds,
    )
