"""Rewritten layers: the same numbers, names and weights, and left alone where they would not be."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from architectures.registry import ARCHITECTURES
from bench.execution import REWRITES, resolve
from bench.worker.description import build, describe
from bench.worker.rewrites import rewritten
from tests.builders import tiny

if keras.backend.backend() != "jax":
    pytest.skip("the rewrites are JAX's", allow_module_level=True)

import jax
import jax.numpy as jnp

from bench.worker.rewrites import lstm, pool

# NumPy's, of how Keras reads JAX's arrays; workers do not hear of it either.
pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")

MaxPooling1D, MaxPooling2D, LSTM = (
    getattr(keras.layers, name) for name in ("MaxPooling1D", "MaxPooling2D", "LSTM")
)


def gradients(layer: keras.layers.Layer, x: Any) -> tuple[Any, list[Any]]:
    """Return the outputs, and the gradients of the weights and the inputs of some loss of them."""
    layer(x)
    others = [variable.value for variable in layer.non_trainable_variables]

    def loss(weights: list[Any], x: Any) -> tuple[Any, Any]:
        outputs, _ = layer.stateless_call(weights, others, x)
        return (outputs**2 * jnp.arange(1, outputs.shape[-1] + 1)).sum(), outputs

    weights = [variable.value for variable in layer.trainable_variables]
    (_, outputs), found = jax.value_and_grad(loss, (0, 1), has_aux=True)(weights, x)
    return outputs, [*found[0], found[1]]


@pytest.mark.parametrize("values", ["distinct", "ties", "all equal", "negative"])
@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (lambda: MaxPooling1D(2), (3, 8, 5)),
        (lambda: MaxPooling1D(3), (3, 11, 1)),
        (lambda: MaxPooling2D(2), (2, 6, 4, 3)),
        (lambda: MaxPooling2D((2, 3)), (2, 7, 10, 3)),
        (lambda: MaxPooling2D(2, strides=2), (1, 5, 5, 1)),
    ],
)
def test_pooling_is_equal_to_the_bit_where_windows_tie_too(
    layer: Callable[[], Any], shape: tuple[int, ...], values: str
) -> None:
    random = np.random.default_rng(0)
    x = {
        "distinct": random.permutation(int(np.prod(shape))).reshape(shape),
        "ties": random.integers(0, 3, shape),
        "all equal": np.zeros(shape),
        "negative": -random.integers(1, 4, shape),
    }[values].astype("float32")
    theirs = layer()
    ours = pool.rewrite(theirs)
    assert ours is not None
    (output, (gradient,)), (expected, (wanted,)) = (
        gradients(each, jnp.asarray(x)) for each in (ours, theirs)
    )
    np.testing.assert_array_equal(output, expected)
    np.testing.assert_array_equal(gradient, wanted)
    assert ours.compute_output_shape((None, *shape[1:])) == theirs.compute_output_shape(
        (None, *shape[1:])
    )


@pytest.mark.parametrize(("policy", "error"), [("float32", 1e-5), ("mixed_bfloat16", 0.03)])
@pytest.mark.parametrize("sequences", [True, False])
@pytest.mark.parametrize("shape", [(4, 7, 3), (1, 1, 1), (3, 20, 1)])
def test_an_lstm_is_equal_but_for_rounding(
    shape: tuple[int, ...], sequences: bool, policy: str, error: float
) -> None:
    x = np.random.default_rng(0).standard_normal(shape).astype("float32")
    theirs = LSTM(6, return_sequences=sequences, bias_initializer="random_normal", dtype=policy)
    theirs.build(shape)
    ours = lstm.rewrite(theirs)
    assert ours is not None
    ours.build(shape)
    random = np.random.default_rng(1)
    theirs.set_weights([random.standard_normal(w.shape) / 2 for w in theirs.get_weights()])
    ours.set_weights(theirs.get_weights())
    (outputs, found), (expected, wanted) = (
        gradients(each, jnp.asarray(x)) for each in (ours, theirs)
    )
    assert len(found) == len(wanted) == 4
    for mine, other in zip([outputs, *found], [expected, *wanted], strict=True):
        assert mine.dtype == other.dtype
        mine, other = (np.asarray(each, "float32") for each in (mine, other))
        assert np.linalg.norm(mine - other) <= error * np.linalg.norm(other)


def test_masks_and_given_states_are_left_to_keras() -> None:
    x = jnp.asarray(np.random.default_rng(0).standard_normal((2, 5, 3)), "float32")
    theirs = LSTM(4)
    theirs.build(x.shape)
    ours = lstm.rewrite(theirs)
    assert ours is not None
    ours.build(x.shape)
    ours.set_weights(theirs.get_weights())
    mask = jnp.asarray([[True, True, False, False, False], [True] * 5])
    state = [jnp.ones((2, 4)), -jnp.ones((2, 4))]
    for options in ({"mask": mask}, {"initial_state": state}):
        assert jnp.array_equal(ours(x, **options), theirs(x, **options)), options
        assert not jnp.allclose(ours(x, **options), ours(x)), options


@pytest.mark.parametrize(
    "layer",
    [
        lambda: MaxPooling1D(3, strides=2),
        lambda: MaxPooling2D(2, strides=1),
        lambda: MaxPooling2D(2, strides=(2, 1)),
        lambda: MaxPooling2D(2, padding="same"),
        lambda: MaxPooling2D(2, data_format="channels_first"),
        lambda: keras.layers.AveragePooling2D(2),
        lambda: keras.layers.GlobalMaxPooling1D(),
        lambda: LSTM(3, activation="relu"),
        lambda: LSTM(3, recurrent_activation="hard_sigmoid"),
        lambda: LSTM(3, dropout=0.1),
        lambda: LSTM(3, recurrent_dropout=0.1),
        lambda: LSTM(3, use_bias=False),
        lambda: LSTM(3, go_backwards=True),
        lambda: LSTM(3, return_state=True),
        lambda: LSTM(3, stateful=True),
        lambda: LSTM(3, unroll=True),
        lambda: keras.layers.GRU(3),
        lambda: keras.layers.Bidirectional(LSTM(3)),
    ],
)
def test_where_a_condition_fails_the_layer_stays(layer: Callable[[], Any]) -> None:
    kept = layer()
    assert pool.rewrite(kept) is None
    assert lstm.rewrite(kept) is None


def test_a_subclass_of_a_layer_stays() -> None:
    class Louder(keras.layers.MaxPooling2D):  # type: ignore[misc]  # Keras has no types
        def call(self, inputs: Any) -> Any:
            return super().call(inputs) * 2

    assert pool.rewrite(Louder(2)) is None


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda a: a.name)
def test_a_network_keeps_its_weights_names_and_file(architecture: Any, tmp_path: Path) -> None:
    experiment = tiny(architecture.name, "jax")
    model = build(experiment)
    new, rewrites = rewritten(model, tuple(REWRITES))
    kinds = {"MaxPooling1D": "pool", "MaxPooling2D": "pool", "LSTM": "lstm"}
    assert rewrites == tuple(
        f"{kinds[type(layer).__name__]}: {layer.name}"
        for layer in model.layers
        if type(layer).__name__ in kinds
    )
    assert (new is model) == (not rewrites)
    assert [v.path for v in new.weights] == [v.path for v in model.weights]
    assert describe(experiment, new) == describe(experiment, model)
    new.save_weights(tmp_path / "a.weights.h5")
    model.set_weights([weight * 0 for weight in model.get_weights()])
    model.load_weights(tmp_path / "a.weights.h5")
    for ours, theirs in zip(new.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_dropout_draws_the_same_masks() -> None:
    model = build(tiny("image_cnn", "jax"))
    new, rewrites = rewritten(model, ("pool",))
    assert rewrites
    x = np.random.default_rng(0).random((2, 28, 28)).astype("float32")
    dropped = np.asarray(model(x, training=True))
    np.testing.assert_allclose(new(x, training=True), dropped, rtol=1e-6, atol=1e-6)
    assert not np.allclose(new(x, training=False), dropped)


def test_tuned_rewrites_what_its_kind_has() -> None:
    found = {kind: resolve("tuned", backend="jax", kind=kind) for kind in ("mlp", "cnn", "rnn")}
    assert {kind: one.rewrites for kind, one in found.items()} == {
        "mlp": (),
        "cnn": ("pool",),
        "rnn": ("lstm",),
    }
    assert not resolve("tuned", backend="tensorflow", kind="cnn").rewrites
