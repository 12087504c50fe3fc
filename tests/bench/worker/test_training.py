"""What is computed inside the worker, against scikit-learn and by hand."""

import dataclasses

import keras
import numpy as np
import pytest
from sklearn import metrics

from bench.worker import benchmark
from bench.worker.compilation import compile_model, one_hot, with_f1
from bench.worker.training import batch_order
from tests.builders import planned


def compiled(network: str, logits: np.ndarray) -> keras.Model:
    """Return a model that passes its inputs on as logits, compiled like a network."""
    (experiment,) = planned(profile="smoke", backends=["jax"], networks=[network])
    inputs = keras.Input(logits.shape[1:])
    model = keras.Model(inputs, keras.layers.Identity()(inputs))
    compile_model(model, experiment, classes=2 if logits.shape[1] == 1 else logits.shape[1])
    return model


def test_binary_metrics_read_logits() -> None:
    random = np.random.default_rng(0)
    true = random.random(500) < 0.3
    logits = (random.normal(size=500) + 2 * true - 1).astype(np.float32)
    scores = compiled("tabular_mlp", logits[:, None]).evaluate(
        logits[:, None], one_hot(true, 2), batch_size=64, verbose=0, return_dict=True
    )
    scores = with_f1(scores)
    predicted = logits > 0
    probabilities = 1 / (1 + np.exp(-logits.astype(float)))
    assert scores["loss"] == pytest.approx(metrics.log_loss(true, probabilities), rel=1e-5)
    assert scores["accuracy"] == pytest.approx(metrics.accuracy_score(true, predicted))
    assert scores["precision"] == pytest.approx(metrics.precision_score(true, predicted))
    assert scores["recall"] == pytest.approx(metrics.recall_score(true, predicted))
    assert scores["f1"] == pytest.approx(metrics.f1_score(true, predicted))
    # Keras interpolates between 200 thresholds.
    expected = metrics.average_precision_score(true, probabilities)
    assert scores["auc_pr"] == pytest.approx(expected, abs=0.01)


def test_a_confident_mistake_costs_its_whole_logit() -> None:
    logits = np.array([[50.0]], np.float32)
    scores = compiled("tabular_mlp", logits).evaluate(
        logits, np.zeros((1, 1)), verbose=0, return_dict=True
    )
    assert scores["loss"] == pytest.approx(50)  # a loss on clipped probabilities stops at 16


def test_ten_classes() -> None:
    random = np.random.default_rng(0)
    true = random.integers(0, 10, 300)
    logits = random.normal(size=(300, 10)).astype(np.float32) + 2 * np.eye(10)[true]
    scores = compiled("image_mlp", logits).evaluate(
        logits, one_hot(true, 10), verbose=0, return_dict=True
    )
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert scores["loss"] == pytest.approx(metrics.log_loss(true, shares), rel=1e-5)
    assert scores["accuracy"] == pytest.approx((logits.argmax(axis=1) == true).mean())


def test_f1_of_nothing_found_is_zero() -> None:
    assert with_f1({"precision": 0.0, "recall": 0.0})["f1"] == 0
    assert "f1" not in with_f1({"accuracy": 1.0})


def test_the_batch_order_is_a_function_of_seed_and_epoch() -> None:
    order = batch_order(3, 4, 1000)
    assert sorted(order) == list(range(1000))
    assert (order == batch_order(3, 4, 1000)).all()
    assert (order != batch_order(3, 5, 1000)).any()
    assert (order != batch_order(4, 4, 1000)).any()
    assert order[:5].tolist() == np.random.default_rng([3, 4]).permutation(1000)[:5].tolist()


def test_the_wrong_backend_is_refused() -> None:
    (experiment,) = planned(profile="smoke", backends=["jax"], networks=["tabular_mlp"])
    wrong = dataclasses.replace(experiment, backend="tensorflow")
    with pytest.raises(RuntimeError, match="this process runs jax, not tensorflow"):
        benchmark.run(wrong, lambda _: None)
