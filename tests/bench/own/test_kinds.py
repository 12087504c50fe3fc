"""Models of unusual kinds: what they give is what plain `fit` in a script of one's own gives."""

from pathlib import Path

import pytest

from bench.executors.process import Runner
from reports.schema.record import Compared, Failed
from tests.bench.own.files import LOAD, LOGITS, MODEL, ran, trained
from tests.builders import planned_comparisons, replace

FUNCTIONAL = """
import keras
import losses_of_mine

def build():
    i = keras.Input((4,)); h = keras.layers.Dense(3, name="h")(i)
    {body}
    return m
"""
KINDS = {
    "a list of one output": """m = keras.Model(i, [keras.layers.Dense(2)(h)])
    m.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))""",
    "a loss of one's own": """m = keras.Model(i, keras.layers.Dense(2)(h))
    m.compile("sgd", losses_of_mine.weighted(0.5))""",
    "a lambda": """h = keras.layers.Lambda(lambda x: 2 * x)(h)
    m = keras.Model(i, keras.layers.Dense(1)(h))
    m.compile("sgd", "mse")""",
    "a model in the model": """
    m = keras.Sequential([keras.Input((4,)), keras.Model(i, h), keras.layers.Dense(1)])
    m.compile("sgd", "mse")""",
    "two outputs by name": """m = keras.Model(i, {{"a": keras.layers.Dense(1, name="a")(h)}})
    m.compile("sgd", {{"a": "mse"}})""",
}
LOSSES = """
import keras

def weighted(w):
    def loss(y, z):
        rows = keras.ops.one_hot(keras.ops.cast(y, "int32"), 2)
        return -w * keras.ops.sum(rows * keras.ops.log_softmax(z), axis=-1)
    return loss
"""


@pytest.fixture(autouse=True)
def losses(folder: Path) -> None:
    (folder / "losses_of_mine.py").write_text(LOSSES)


@pytest.mark.parametrize("kind", KINDS)
def test_every_way_gives_the_same_losses(runner: Runner, folder: Path, kind: str) -> None:
    (folder / "net.py").write_text(FUNCTIONAL.format(body=KINDS[kind].format()))
    data = LOAD
    if "by name" in kind:
        data = LOAD.replace("y[:60]", "{'a': y[:60]}").replace("y[60:]", "{'a': y[60:]}")
    (folder / "data.py").write_text(data)
    one, *others = (
        trained(runner, executions=[way]).history.train["loss"]
        for way in ("default", "step", "epoch", "tuned")
    )
    for other in others:
        assert other == pytest.approx(one, rel=1e-5), kind


def test_a_loss_of_ones_own_is_no_task_of_classes(runner: Runner, folder: Path) -> None:
    (folder / "net.py").write_text(FUNCTIONAL.format(body=KINDS["a loss of one's own"]))
    record = trained(runner)
    assert (record.confusion, record.predictions) == ((), None)


def test_a_file_that_the_data_name_counts_and_is_found(runner: Runner, folder: Path) -> None:
    text = LOAD.replace(
        "x = np.random.default_rng(0).normal(size=(90, 4))", "x = np.loadtxt('x.csv')"
    )
    (folder / "data.py").write_text(text)

    def written(value: float) -> str | None:
        (folder / "x.csv").write_text("1 2 3 4\n" * 89 + f"{value} 0 0 0\n")
        record = trained(runner)
        return str(record.provenance and record.provenance["data"])

    assert written(1.0) != written(2.0)


def test_class_numbers_beyond_the_outputs_are_told(runner: Runner, folder: Path) -> None:
    (folder / "data.py").write_text(LOAD.replace("astype(int)", "astype(int) + 1"))
    record = ran(runner)
    assert isinstance(record, Failed)
    assert "class numbers run from 1 to 2; for 2 outputs they are 0 to 1" in record.reason


def test_float_labels_are_classes_where_nothing_is_compiled(runner: Runner, folder: Path) -> None:
    text = MODEL.format(units=2, loss=LOGITS)
    (folder / "net.py").write_text("\n".join(t for t in text.splitlines() if "compile" not in t))
    (folder / "data.py").write_text(LOAD.replace("astype(int)", "astype(float)"))
    assert "sparse_categorical_crossentropy" in trained(runner).remarks[0]


def test_a_bias_before_a_normalisation_is_no_difference(runner: Runner, folder: Path) -> None:
    body = """m = keras.Model(i, keras.layers.Dense(1)(keras.layers.BatchNormalization()(h)))
    m.compile("adam", "mse")"""
    (folder / "net.py").write_text(FUNCTIONAL.format(body=body))
    experiments = planned_comparisons(networks=["net.py:build"], datasets=["data.py:load"])
    reference = next(e for e in experiments if e.task == "reference")
    arrays = str(folder / "arrays.npz")
    from bench.protocol import Paths

    written = runner.run(reference, paths=Paths(arrays=arrays))
    assert isinstance(written, Compared), written
    for experiment in experiments:
        if experiment.task == "equivalence" and experiment.precision == "float32":
            record = runner.run(replace(experiment), paths=Paths(reference=arrays))
            assert isinstance(record, Compared), record
            bad = [c for c in record.checks if not c.holds and c.quantity != "curve"]
            assert not bad, (experiment.backend, bad)
