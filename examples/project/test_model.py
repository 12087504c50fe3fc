"""Its tests: the model learns, on every backend that is installed."""

from keras_bench import benchmark


def test_the_model_learns() -> None:
    """After 15 epochs it is better than chance."""
    options = ("--epochs", "15")
    for record in benchmark("model.py:build", data="model.py:load", options=options):
        assert record["test"]["accuracy"] > 0.5
