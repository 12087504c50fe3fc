"""An epoch of training, as plain `keras.Model.fit` or as a program of the backend's own.

Both loop over the public `keras.Model.train_step`, which holds all of the mathematics: forward
pass, loss, gradients, optimizer and metrics. Of this folder, only this file, `setup`,
`rewrites`, `profiling` and `operations` name the frameworks.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np

from bench.execution import Execution
from bench.worker.structure import Structure, packed, take, tensors


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """What one epoch gave."""

    scores: dict[str, float]
    """Loss and metrics, running means over the epoch with dropout on."""
    seconds: float
    """From before the first step until the result of the last is on the host."""
    setup_seconds: float
    """What was spent before and after that, for this epoch alone."""


class Trainer(Protocol):
    """Trains a model for one epoch."""

    def __call__(self, epoch: int, order: np.ndarray) -> Epoch:
        """Train on all samples in this order, ``(samples,)``; ``epoch`` counts from 0."""


def trainer(
    model: keras.Model,
    inputs: Structure,
    targets: Structure,
    *,
    batch_size: int,
    execution: Execution,
    on_batch: Callable[[int, int], None] | None = None,
) -> Trainer:
    """Return what trains a compiled model on these samples with an execution's program.

    Plain `fit` tells ``on_batch`` how many of the epoch's batches are done, from another thread.
    """
    if execution.program == "fit":
        return _fit(model, inputs, targets, batch_size, on_batch)
    backend = keras.backend.backend()
    try:
        make = {"tensorflow": _tensorflow, "jax": _jax}[backend]
    except KeyError:
        raise ValueError(f"no program of an epoch for the backend {backend!r}") from None
    epoch = make(model, inputs, targets, batch_size, whole=execution.program == "epoch")
    return _timed(model, epoch)


class EpochClock(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Seconds between the first and the last step of each epoch.

    Keras turns the epoch's logs into Python numbers before it calls `on_epoch_end`, so the device
    has finished by then; no batch hook is overridden, which would make JAX wait in every step.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Start."""
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """Stop."""
        self.seconds.append(time.perf_counter() - self._start)


class BatchCount(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Tells how many batches are done.

    Where only such callbacks look at batches, Keras calls them from a thread that the steps do not
    wait for. Even so, 256 small steps of JAX took 2 and 4 % longer (n = 40 pairs; TensorFlow: 0).
    """

    async_safe = True

    def __init__(self, on_batch: Callable[[int, int], None]) -> None:
        super().__init__()
        self._on_batch = on_batch

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        """Tell."""
        self._on_batch(batch + 1, self.params["steps"])


def _fit(
    model: keras.Model,
    inputs: Structure,
    targets: Structure,
    batch_size: int,
    on_batch: Callable[[int, int], None] | None,
) -> Trainer:
    counters = [BatchCount(on_batch)] if on_batch else []

    def train(epoch: int, order: np.ndarray) -> Epoch:
        x, y = take(inputs, order), take(targets, order)
        clock, start = EpochClock(), time.perf_counter()
        history = model.fit(
            x,
            y,
            batch_size=batch_size,
            initial_epoch=epoch,
            epochs=epoch + 1,
            shuffle=False,
            verbose=0,
            callbacks=[clock, *counters],
        ).history
        ended = time.perf_counter()
        if getattr(model.optimizer, "use_ema", False):
            _part_averages(model.optimizer)
        return Epoch(
            scores={name: series[-1] for name, series in history.items()},
            seconds=clock.seconds[-1],
            setup_seconds=ended - start - clock.seconds[-1],
        )

    return train


def _part_averages(optimizer: keras.optimizers.Optimizer) -> None:
    """Give averages of weights arrays of their own (docs/upstream.md, *A second fit …*)."""
    for variable in optimizer.variables:
        variable.assign(keras.ops.copy(variable.value))


Program = Callable[[np.ndarray], float]
"""Trains in an order ``(samples,)``; returns the seconds of the steps, their results awaited."""


def _timed(model: keras.Model, program: Program) -> Trainer:
    def train(epoch: int, order: np.ndarray) -> Epoch:
        start = time.perf_counter()
        model.reset_metrics()
        seconds = program(order.astype(np.int32))
        scores = {name: float(value) for name, value in model.get_metrics_result().items()}
        return Epoch(
            scores=scores, seconds=seconds, setup_seconds=time.perf_counter() - start - seconds
        )

    return train


def _score_one(model: keras.Model, inputs: Structure, targets: Structure) -> None:
    """Score one prediction: Keras creates its metrics' variables when it first does so.

    A compiled loop must find them, and those of the optimizer.
    """
    x, y = take(inputs, slice(1)), take(targets, slice(1))
    predicted = _made_up(model, x)
    model.compute_loss(x=x, y=y, y_pred=predicted)
    model.compute_metrics(x, y, predicted)


def _made_up(model: keras.Model, x: Structure) -> Structure:
    """Return outputs of the right shapes: zeros, where the model tells them without being called.

    With the rows of ``x``, one.
    """
    shapes = [tuple(each.shape[1:]) for each in tensors(model, "outputs")]
    if not shapes or any(None in shape for shape in shapes):
        return model(x, training=False)
    zeros = [np.zeros((1, *shape), np.float32) for shape in shapes]
    return packed(model, "outputs", zeros)


def _batches(order: Any, batch_size: int) -> tuple[Any, Any]:
    """Split an order into whole batches, ``(steps, batch)``, and what is left, ``(rest,)``."""
    whole = len(order) // batch_size * batch_size
    return order[:whole].reshape(-1, batch_size), order[whole:]


def _tensorflow(
    model: keras.Model, inputs: Structure, targets: Structure, batch_size: int, *, whole: bool
) -> Program:
    import tensorflow as tf

    model.optimizer.build(model.trainable_variables)
    _score_one(model, inputs, targets)
    x, y = keras.tree.map_structure(tf.constant, (inputs, targets))

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def step(rows: Any) -> None:
        model.train_step(keras.tree.map_structure(lambda each: tf.gather(each, rows), (x, y)))

    @tf.function(jit_compile=bool(model.jit_compile))  # type: ignore[untyped-decorator]
    def loop(batches: Any) -> None:
        for rows in batches:  # a loop of the graph
            step(rows)

    def train(order: np.ndarray) -> float:
        start = time.perf_counter()
        batches, rest = _batches(order, batch_size)
        for some in [batches] if whole else batches[:, None]:
            if len(some):
                loop(tf.constant(some))
        if len(rest):
            loop(tf.constant(rest[None]))
        model.optimizer.iterations.numpy()  # waits for the last step
        return time.perf_counter() - start

    return train


def _jax(
    model: keras.Model, inputs: Structure, targets: Structure, batch_size: int, *, whole: bool
) -> Program:
    import jax

    model.optimizer.build(model.trainable_variables)
    with keras.StatelessScope():  # creates them at its end; run operation by operation it takes 3 s
        jax.eval_shape(lambda: _score_one(model, inputs, targets))
    x, y = jax.device_put(inputs), jax.device_put(targets)

    def step(state: Any, x: Any, y: Any, rows: Any) -> Any:
        return model.train_step(state, jax.tree.map(lambda each: each[rows], (x, y)))[1]

    def loop(state: Any, x: Any, y: Any, batches: Any) -> Any:
        return jax.lax.scan(lambda s, rows: (step(s, x, y, rows), None), state, batches)[0]

    one, many = jax.jit(step, donate_argnums=0), jax.jit(loop, donate_argnums=0)

    def train(order: np.ndarray) -> float:
        # Before Keras 3.12 `train_step` looks for what `fit` records.
        getattr(model, "_record_training_state_sharding_spec", lambda: None)()
        start = time.perf_counter()
        variables = state_variables(model)
        state = tuple([variable.value for variable in group] for group in variables)
        batches, rest = _batches(order, batch_size)
        if whole and len(batches):
            state = many(state, x, y, batches)
        for rows in () if whole else batches:
            state = one(state, x, y, rows)
        if len(rest):
            state = one(state, x, y, rest)
        for value in jax.tree.leaves(state):
            value.block_until_ready()
        for group, values in zip(variables, state, strict=True):
            for variable, value in zip(group, values, strict=True):
                variable.assign(value)
        return time.perf_counter() - start

    return train


def state_variables(model: keras.Model) -> tuple[list[keras.Variable], ...]:
    """Return the variables in the order in which JAX's `train_step` takes their values."""
    return (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
        model.metrics_variables,
    )
