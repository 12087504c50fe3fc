"""Models and data of the user's own that are not what they should be: one clear line each."""

from pathlib import Path

import pytest

from bench.executors.process import Runner
from reports.schema.record import Failed, Trained
from tests.bench.own.files import LOAD, LOGITS, MODEL, TRAINERS, ran, trained
from tests.builders import planned

BAD_MODELS = {
    "raises": ("def build():\n    return missing\n", "net.py, line 2, in build (calling build())"),
    "import": ("import nowhere\ndef build(): ...\n", "net.py, line 1, in <module> (importing it)"),
    "other backend": (
        "import tensorflow\ndef build(): ...\n",
        "imports tensorflow, which only a process of that backend has",
    ),
    "no model": ("def build():\n    return 3\n", "net.py:build returned int; expected a keras"),
    "exit": ("def build():\n    raise SystemExit(0)\n", "it ends the process (sys.exit(0))"),
    "no function": ("build = 3\n", "net.py:build is of type int; expected a function"),
    "when it trains": (
        MODEL.format(units=2, loss="wrong") + "\ndef wrong(y, z):\n    return y @ 3\n",
        "net.py, line 10, in wrong (running it): ",
    ),
    "no loss": (
        """
import keras

class Model(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(2)

    def call(self, x):
        return self.dense(x)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        return {"g_loss": self._loss_tracker.result(), "d_loss": self._loss_tracker.result()}

    def stateless_compute_metrics(self, *arguments, **named):
        return self.compute_metrics(*arguments, **named)

def build():
    model = Model()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
""",
        "its train_step returns d_loss, g_loss and no loss: trainings are compared by one value",
    ),
    "layer": (
        MODEL.format(units="-1", loss='"mse"'),
        "net.py, line 5, in build (calling build()): ValueError",
    ),
}


@pytest.mark.parametrize("fault", BAD_MODELS)
def test_a_bad_model_is_told_by_its_own_lines(runner: Runner, folder: Path, fault: str) -> None:
    text, says = BAD_MODELS[fault]
    (folder / "net.py").write_text(text)
    record = ran(runner)
    assert isinstance(record, Failed)
    assert says in record.reason
    assert record.log
    assert "bench/worker" not in record.log, "the user's lines alone"


BAD_DATA = {
    "nothing": ("return None", "data.py:load returned a NoneType; expected (x_train, y_train), "),
    "three": ("return 1, 2, 3", "returned a tuple of 3; expected"),
    "shape": (
        "return (x[:, :3], y), (x[:, :3], y)",
        "input 'keras_tensor': expected (None, 4), received (90, 3)",
    ),
    "counts": ("return (x, y[1:]), (x, y)", "numbers of samples differ or are 0: x_train 90, y_t"),
    "empty": ("return (x[:0], y[:0]), (x, y)", "are 0: x_train 0, y_train 0"),
    "nan": ("x[3, 1] = np.nan; return (x, y), (x, y)", "x_train has 1 of 360 values that are not"),
    "words": ("return (x, ['a'] * 90), (x, y)", "y_train is of <U1, shape (90,); expected numbers"),
    "names": (
        "return ({'a': x}, y), ({'a': x}, y)",
        "net.py:build has inputs keras_tensor; the data have a: keras_tensor is missing",
    ),
    "inputs": ("return ((x, x), y), ((x, x), y)", "net.py:build has 1 inputs; the data have 2"),
}


@pytest.mark.parametrize("fault", BAD_DATA)
def test_bad_data_are_told(runner: Runner, folder: Path, fault: str) -> None:
    returned, says = BAD_DATA[fault]
    text = LOAD.replace("return (x[:60], y[:60]), (x[60:], y[60:])", returned)
    (folder / "data.py").write_text(text)
    record = ran(runner)
    assert isinstance(record, Failed)
    assert says in record.reason


def test_a_loss_that_is_not_finite_is_told_by_its_epoch(runner: Runner, folder: Path) -> None:
    (folder / "net.py").write_text(
        MODEL.format(units=1, loss='"mse"').replace('"sgd"', "keras.optimizers.SGD(1e30)")
    )
    assert trained(runner).history.divergence == "diverged in epoch 1"


def test_what_changed_meanwhile_is_not_run(runner: Runner, folder: Path) -> None:
    (experiment,) = planned(
        profile="smoke", networks=["net.py:build"], datasets=["data.py:load"], backends=["jax"]
    )
    (folder / "data.py").write_text(LOAD.replace("90", "80"))
    record = runner.run(experiment)
    assert isinstance(record, Failed)
    assert "data.py:load has changed since the run was planned" in record.reason


def test_what_its_own_code_writes_is_no_change(runner: Runner, folder: Path) -> None:
    keeps = """
import os

def load():
    if not os.path.exists("prepared.npz"):
        x = np.loadtxt("x.csv")
        np.savez("prepared.npz", x=x, y=(x.sum(axis=1) > 0).astype(int))
    with np.load("prepared.npz") as kept:
        x, y = kept["x"], kept["y"]
"""
    (folder / "x.csv").write_text("1 2 3 4\n-1 -2 -3 -4\n" * 45)
    head, _, tail = LOAD.partition("\ndef load():\n")
    (folder / "data.py").write_text(head + keeps + tail.partition("(int)\n")[2])
    (experiment,) = planned(
        profile="smoke", networks=["net.py:build"], datasets=["data.py:load"], backends=["jax"]
    )
    for _ in range(2):
        record = runner.run(experiment)
        assert isinstance(record, Trained), record
    assert (folder / "prepared.npz").is_file()
    (folder / "x.csv").write_text("1 2 3 4\n" * 90)
    record = runner.run(experiment)
    assert isinstance(record, Failed)
    assert "data.py:load has changed since the run was planned" in record.reason


def test_a_model_for_one_backend_leaves_the_other_alone(runner: Runner, folder: Path) -> None:
    (folder / "net.py").write_text("import jax\n" + MODEL.format(units=2, loss=LOGITS))
    assert isinstance(ran(runner, backends=["jax"]), Trained)
    if "tensorflow" in TRAINERS:
        record = ran(runner, backends=["tensorflow"])
        assert isinstance(record, Failed)
        assert "imports jax" in record.reason


@pytest.mark.parametrize("backend", TRAINERS)
def test_a_model_too_big_for_memory_is_told(runner: Runner, folder: Path, backend: str) -> None:
    # More than a process can address: no system promises it.
    small = MODEL.format(units=2, loss=LOGITS)
    large = "keras.Input((4,)), keras.layers.Dense(2**23), keras.layers.Dense(2**23)"
    (folder / "net.py").write_text(small.replace("keras.Input((4,))", large))
    record = ran(runner, backends=[backend])
    assert isinstance(record, Failed)
    assert "out of memory: " in record.reason
    if backend == "tensorflow":  # JAX computes later than it is asked
        assert "net.py, line 5, in build (calling build())" in record.reason
    (folder / "net.py").write_text(small)
    assert isinstance(ran(runner, backends=[backend]), Trained), "others go on"
