"""A subclassed model with a train step of its own: gradients of a batch are clipped by sign."""

from typing import Any

import keras
import numpy as np


class SignDescent(keras.Model):  # type: ignore[misc]  # Keras has no types
    """Two layers, trained by the signs of their gradients."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = keras.layers.Dense(32, activation="relu")
        self.out = keras.layers.Dense(1)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return logits ``(batch, 1)``."""
        return self.out(self.hidden(inputs))

    def train_step(self, *arguments: Any) -> Any:
        """Train on one batch: JAX hands the state over, TensorFlow keeps it."""
        if keras.backend.backend() == "jax":
            return self._jax_step(*arguments)
        import tensorflow as tf

        x, y = arguments[0]
        with tf.GradientTape() as tape:
            predicted = self(x, training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=predicted)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply([tf.sign(g) for g in gradients], self.trainable_variables)
        self._loss_tracker.update_state(loss)
        return self.compute_metrics(x, y, predicted)

    def _jax_step(self, state: Any, data: Any) -> Any:
        import jax

        trainable, other, optimizer, metrics = state
        x, y = data

        def loss_of(trainable: Any) -> Any:
            predicted, _ = self.stateless_call(trainable, other, x, training=True)
            return self.compute_loss(x=x, y=y, y_pred=predicted), predicted

        (loss, predicted), gradients = jax.value_and_grad(loss_of, has_aux=True)(trainable)
        signs = [jax.numpy.sign(gradient) for gradient in gradients]
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, signs, trainable)
        new, rest = [], metrics
        logs: dict[str, Any] = {}
        for metric in self.metrics:
            mine, rest = rest[: len(metric.variables)], rest[len(metric.variables) :]
            if metric.name == "loss":
                mine = metric.stateless_update_state(mine, loss)
            else:
                mine = metric.stateless_update_state(mine, y, predicted)
            value = metric.stateless_result(mine)
            logs |= value if isinstance(value, dict) else {metric.name: value}
            new += mine
        return logs, (trainable, other, optimizer, new)


def build() -> keras.Model:
    """Return the model, compiled."""
    model = SignDescent()
    model.compile(
        optimizer=keras.optimizers.SGD(0.001),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
    )
    return model


def load() -> tuple[object, object]:
    """Return training and test samples."""
    random = np.random.default_rng(0)
    x = random.normal(size=(2000, 12)).astype("float32")
    y = (x[:, :3].sum(axis=1) > 0).astype("uint8")
    return (x[:1600], y[:1600]), (x[1600:], y[1600:])
