"""Networks and data of the user's own, run in the worker: what goes well, and what does not."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from bench.executors.process import Runner
from bench.protocol import Paths
from reports.schema import predictions
from reports.schema.record import Described, Evaluated, Failed, Trained
from tests.bench.own.files import LOGITS, MODEL, TRAINERS, ran, trained
from tests.builders import ROOT, planned, replace
from tests.conftest import Suite

EXAMPLES = ROOT / "examples"


@pytest.mark.parametrize("backend", TRAINERS)
@pytest.mark.parametrize(
    ("example", "data", "execution"),
    [
        ("two_inputs", "two_inputs", "default"),
        ("diabetes", "diabetes", "default"),
        ("diabetes", "diabetes", "tuned"),
        ("own_step", "own_step", "default"),
        ("own_step", "own_step", "tuned"),
        ("transformer", "imdb", "tuned"),
        ("mobilenet", "generated", "tuned"),
    ],
)
def test_the_examples_train(
    runner: Runner, example: str, data: str, backend: str, execution: str
) -> None:
    own_data = EXAMPLES / f"{data}.py"
    record = trained(
        runner,
        networks=[f"{EXAMPLES / example}.py:build"],
        datasets=[] if data == "generated" else [f"{own_data}:load" if own_data.exists() else data],
        backends=[backend],
        executions=[execution],
        samples=96,
    )
    losses = record.history.train["loss"]
    assert None not in losses
    assert record.network.parameters > 100
    program = record.environment.program
    if execution == "default" or example == "own_step":
        assert program == "fit"
    else:
        assert program == {"jax": "step", "tensorflow": "epoch"}[backend]
    told = any("its own train_step" in remark for remark in record.remarks)
    assert told == (example == "own_step" and execution == "tuned")
    if example in ("two_inputs", "transformer", "mobilenet"):
        assert sum(map(sum, record.confusion)) == record.data.test_samples
    else:
        assert (record.confusion, record.data.classes) == ((), ())


@pytest.mark.parametrize("backend", TRAINERS)
def test_tuned_gives_what_fit_gives(runner: Runner, backend: str) -> None:
    both = [
        trained(
            runner,
            networks=[f"{EXAMPLES / 'two_inputs.py'}:build"],
            datasets=[f"{EXAMPLES / 'two_inputs.py'}:load"],
            backends=[backend],
            executions=[execution],
        )
        for execution in ("default", "tuned")
    ]
    for phase in ("train", "validation"):
        one, other = (getattr(record.history, phase)["loss"] for record in both)
        assert other == pytest.approx(one, rel=1e-5)


@pytest.mark.parametrize(
    ("units", "loss"),
    [
        ("2", LOGITS),
        ('2, activation="softmax"', '"sparse_categorical_crossentropy"'),
        ('3, activation="softmax"', '"sparse_categorical_crossentropy"'),
        ('1, activation="sigmoid"', '"binary_crossentropy"'),
    ],
)
def test_probabilities_and_logits_are_kept_alike(
    runner: Runner, folder: Path, units: str, loss: str
) -> None:
    (folder / "net.py").write_text(MODEL.format(units=units, loss=loss))
    (folder / "predictions").mkdir()
    paths = Paths(predictions=str(folder / "predictions" / "kept.npz"))
    (experiment,) = planned(
        profile="smoke", networks=["net.py:build"], datasets=["data.py:load"], backends=["jax"]
    )
    record = runner.run(experiment, paths=paths)
    assert isinstance(record, Trained), record
    kept = predictions.path(folder, record.id, record.fingerprint)
    (folder / "predictions" / "kept.npz").rename(kept)
    found = predictions.find(record, [folder])
    assert found
    assert found.probabilities.shape == (30, 3 if units[0] == "3" else 1)
    assert ((found.probabilities >= 0) & (found.probabilities <= 1)).all()
    right = (found.classes == found.true).sum()
    assert np.trace(record.confusion) == right


def test_a_softmax_before_a_string_loss_is_told(runner: Runner, folder: Path) -> None:
    text = MODEL.format(units='2, activation="softmax"', loss='"sparse_categorical_crossentropy"')
    (folder / "net.py").write_text(text)
    record = trained(runner)
    assert "from_logits=True" in " ".join(record.remarks)


def test_a_remark_is_shown_at_the_end(
    inline_suite: Suite, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    text = MODEL.format(units='2, activation="softmax"', loss='"sparse_categorical_crossentropy"')
    (folder / "net.py").write_text(text)
    own = ("--networks", f"{folder}/net.py:build", "--datasets", f"{folder}/data.py:load")
    done = inline_suite(*own, "--backends", "jax", "--epochs", "2")
    assert done.returncode == 0, done.stdout
    assert "softmax before a cross-entropy" in done.stdout


def test_operations_are_counted_in_the_program(runner: Runner, folder: Path) -> None:
    network = trained(runner).network
    assert network.step_flops == 2 * 2 * 4 * 2 * 32, "forward, and the gradient of the weights"


@pytest.mark.parametrize("backend", TRAINERS)
def test_averaged_weights_are_trained_by_fit_alone(
    runner: Runner, folder: Path, backend: str
) -> None:
    text = MODEL.format(units=2, loss=LOGITS)
    averaged = text.replace('"sgd"', "keras.optimizers.SGD(use_ema=True)")
    assert averaged != text
    (folder / "net.py").write_text(averaged)
    both = [trained(runner, backends=[backend], executions=[each]) for each in ("default", "epoch")]
    assert both[0].weights == both[1].weights
    assert all("averages the weights (use_ema)" in " ".join(each.remarks) for each in both)


FORGETFUL = """
class Above(keras.metrics.Mean):
    def __init__(self, limit=0.0, name="above", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.limit = limit

    def update_state(self, y, z, sample_weight=None):
        super().update_state(keras.ops.cast(z > self.limit, "float32"))
"""


KEEPING = """
    def get_config(self):
        return super().get_config() | {"limit": self.limit}
"""


def test_what_a_metric_forgets_is_told(runner: Runner, folder: Path) -> None:
    text = MODEL.format(units=2, loss=f"{LOGITS}, metrics=[Above(0.25)]")
    (folder / "net.py").write_text(text + FORGETFUL)
    (remark,) = trained(runner).remarks
    assert remark.startswith("Above is made anew for every run with its default for limit: ")
    (folder / "net.py").write_text(text + FORGETFUL + KEEPING)
    assert not trained(runner).remarks


def test_a_model_that_is_not_compiled_gets_a_usual_recipe(runner: Runner, folder: Path) -> None:
    text = MODEL.format(units=1, loss="0").replace('    model.compile("sgd", 0)\n', "")
    (folder / "net.py").write_text(text)
    record = trained(runner)
    assert record.remarks == ("it was not compiled: trained with adam and binary_crossentropy",)
    assert record.data.classes == ("0", "1")
    assert "accuracy" in record.test


def test_a_recipe_is_what_it_is_trained_with(runner: Runner, folder: Path) -> None:
    (folder / "r.toml").write_text(
        'loss = "mae"\noptimizer = {name = "sgd", learning_rate = 0.0}\nmetrics = ["mse"]\n'
    )
    (folder / "net.py").write_text(MODEL.format(units=1, loss='"mse"'))
    record = trained(runner, recipe="r.toml")
    assert set(record.test) == {"loss", "mse"}
    one, two = record.history.validation["loss"]
    assert one == two, "nothing is learned at a rate of 0"


def test_a_saved_model_with_classes_of_its_own(runner: Runner, folder: Path) -> None:
    (folder / "classes.py").write_text(
        "import keras\n\n@keras.saving.register_keras_serializable('mine')\n"
        "class Doubled(keras.layers.Layer):\n    def call(self, x):\n        return 2 * x\n"
    )
    (folder / "save.py").write_text(
        "import keras, classes\n"
        "m = keras.Sequential([keras.Input((4,)), classes.Doubled(), keras.layers.Dense(1)])\n"
        "m.compile('adam', 'mse', metrics=['mae'])\nm.save('saved.keras')\n"
    )
    subprocess.run([sys.executable, "save.py"], check=True)
    wanted = {"networks": ["saved.keras"], "datasets": []}
    record = trained(runner, custom_objects="classes.py", **wanted)
    assert record.data.synthetic
    assert set(record.test) == {"loss", "mae"}
    refused = ran(runner, **wanted)
    assert isinstance(refused, Failed)
    assert "saved.keras cannot be loaded" in refused.reason
    assert "--custom-objects module.py" in refused.reason


def test_arrays_of_a_file_and_pictures_of_a_folder(runner: Runner, folder: Path) -> None:
    x, y = np.zeros((40, 4)), np.arange(40) % 2
    np.savez(folder / "a.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    assert trained(runner, datasets=["a.npz"]).data.train_samples == 40
    np.savez(folder / "b.npz", x_train=x, y_train=y)
    refused = ran(runner, datasets=["b.npz"])
    assert isinstance(refused, Failed)
    assert "b.npz has no x_test; it has x_train, y_train" in refused.reason
    for name in ("cats", "dogs"):
        (folder / "pets" / name).mkdir(parents=True)
        for number in range(5):
            picture = np.full((9, 7, 3), 40 * number)
            keras.utils.save_img(folder / "pets" / name / f"{number}.png", picture)
    text = MODEL.format(units=2, loss=LOGITS).replace(
        "keras.Input((4,))", "keras.Input((8, 8, 3)), keras.layers.Flatten()"
    )
    (folder / "net.py").write_text(text)
    data = trained(runner, datasets=["pets"]).data
    assert (data.classes, data.train_samples, data.test_samples) == (("cats", "dogs"), 8, 2)


def test_data_of_the_suite_come_as_the_model_takes_them(runner: Runner, folder: Path) -> None:
    text = MODEL.format(units=10, loss=LOGITS).replace(
        "keras.Input((4,))", "keras.Input((28, 28, 1)), keras.layers.Flatten()"
    )
    (folder / "net.py").write_text(text)
    record = trained(runner, datasets=["fashion_mnist"])
    assert record.data.classes[0] == "T-shirt/top"
    assert record.profile == "smoke"
    refused = ran(runner, datasets=["imdb"])
    assert isinstance(refused, Failed)
    assert "net.py:build takes (None, 28, 28, 1); imdb comes as" in refused.reason


def test_what_a_build_function_prints_and_sets_does_no_harm(runner: Runner, folder: Path) -> None:
    text = MODEL.format(units=2, loss=LOGITS).replace(
        "def build():\n",
        "def build():\n    print('{\"record\": null}')\n    keras.backend.clear_session()\n"
        "    keras.utils.set_random_seed(7)\n",
    )
    (folder / "net.py").write_text(text)
    assert trained(runner, seeds=range(1)).test["loss"] == trained(runner).test["loss"]


@pytest.mark.parametrize("units", [2, 1])
def test_weights_are_kept_tested_and_exported(runner: Runner, folder: Path, units: int) -> None:
    if units == 1:
        (folder / "net.py").write_text(MODEL.format(units=1, loss='"mse"'))
    (experiment,) = planned(
        profile="smoke", networks=["net.py:build"], datasets=["data.py:load"], backends=["jax"]
    )
    paths = Paths(weights=str(folder / "w.weights.h5"), model=str(folder / "m.keras"))
    record = runner.run(experiment, paths=paths)
    assert isinstance(record, Trained), record
    tested = runner.run(replace(experiment, task="test"), paths=paths)
    assert isinstance(tested, Evaluated), tested
    assert tested.test == pytest.approx(record.test, rel=1e-5)
    assert tested.confusion == record.confusion
    assert tested.weights == record.weights
    described = runner.run(replace(experiment, task="export"), paths=paths)
    assert isinstance(described, Described), described
    assert described.network == replace(record.network, step_flops=None)
    wanted = {"networks": ["m.keras"], "datasets": ["data.py:load"]}
    assert trained(runner, **wanted).network.parameters == record.network.parameters
