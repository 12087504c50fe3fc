"""What is asked of a network besides training, and files of weights."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import h5py
import pytest

from bench import backends
from bench.executors.process import Runner
from bench.experiment import Experiment
from bench.protocol import Paths
from reports.schema.record import Described, Evaluated, Trained
from tests.builders import failed, tiny, trained

Saved = tuple[Experiment, Trained, Path]
BACKEND = backends.installed()[0]


@pytest.fixture(scope="module")
def saved(runner: Runner, tmp_path_factory: pytest.TempPathFactory) -> Saved:
    path = tmp_path_factory.mktemp("weights") / "mlp.weights.h5"
    experiment = tiny("tabular_mlp", BACKEND, epochs=2)
    return experiment, trained(runner.run(experiment, paths=Paths(weights=str(path)))), path


def reason(runner: Runner, experiment: Experiment, path: Path) -> str:
    record = runner.run(
        dataclasses.replace(experiment, task="test"), paths=Paths(weights=str(path))
    )
    return failed(record).reason


@pytest.mark.parametrize("backend", backends.installed())
def test_a_test_of_saved_weights_gives_what_the_training_gave(
    runner: Runner, backend: str, tmp_path: Path
) -> None:
    path = tmp_path / "net.weights.h5"
    experiment = tiny("tabular_cnn", backend, epochs=2)
    record = trained(runner.run(experiment, paths=Paths(weights=str(path))))
    tested = runner.run(
        dataclasses.replace(experiment, task="test"), paths=Paths(weights=str(path))
    )
    assert isinstance(tested, Evaluated), tested
    assert tested.test == record.test
    assert tested.confusion == record.confusion
    assert (tested.weights, tested.predictions) == (record.weights, record.predictions)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_says_what_it_is_of(saved: Saved) -> None:
    experiment, record, path = saved
    with h5py.File(path) as file:
        said = dict(file.attrs)
    assert said["architecture"] == "tabular_mlp"
    assert said["experiment"] == experiment.id
    assert said["fingerprint"] == record.fingerprint
    assert said["weights"] == record.weights
    assert (said["revision"], said["epochs"]) == (1, 2)


def test_weights_of_something_else_are_refused(
    runner: Runner, saved: Saved, tmp_path: Path
) -> None:
    experiment, _, path = saved
    other = tiny("tabular_mlpx", BACKEND)
    assert "weights of tabular_mlp, not of tabular_mlpx" in reason(runner, other, path)

    older = tmp_path / "older.weights.h5"
    older.write_bytes(path.read_bytes())
    with h5py.File(older, "r+") as file:
        file.attrs["revision"] = 0
    assert "revision 0 of tabular_mlp, which is now revision 1" in reason(runner, experiment, older)

    nameless = tmp_path / "nameless.weights.h5"
    nameless.write_bytes(path.read_bytes())
    with h5py.File(nameless, "r+") as file:
        del file.attrs["architecture"]
    assert "not saved by this suite" in reason(runner, experiment, nameless)


def test_damaged_weights_are_refused(runner: Runner, saved: Saved, tmp_path: Path) -> None:
    experiment, _, path = saved
    cut = tmp_path / "cut.weights.h5"
    cut.write_bytes(path.read_bytes()[:4000])
    assert "damaged" in reason(runner, experiment, cut)

    flipped = tmp_path / "flipped.weights.h5"
    flipped.write_bytes(path.read_bytes())
    with h5py.File(flipped, "r+") as file:
        names: list[str] = []
        file.visititems(
            lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None
        )
        largest = max(names, key=lambda name: file[name].size)
        values = file[largest][...]
        values.flat[0] += 1
        file[largest][...] = values
    assert "not those that were saved" in reason(runner, experiment, flipped)
    assert "no file of weights" in reason(runner, experiment, tmp_path / "none.weights.h5")


def test_an_exported_model_is_of_plain_keras(runner: Runner, saved: Saved, tmp_path: Path) -> None:
    """It needs nothing of this suite and gives probabilities."""
    experiment, _, path = saved
    model = tmp_path / "model.keras"
    record = runner.run(
        dataclasses.replace(experiment, task="export"),
        paths=Paths(weights=str(path), model=str(model)),
    )
    assert isinstance(record, Described), record
    code = (
        "import sys, keras, numpy as np; m = keras.models.load_model(sys.argv[1]); "
        "p = m.predict(np.random.default_rng(0).normal(size=(9, 50)), verbose=0); "
        "print(p.shape, bool((p >= 0).all() and (p <= 1).all()), 'bench' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(model)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"KERAS_BACKEND": BACKEND, "PATH": "", "HOME": str(tmp_path)},
    )
    assert done.stdout.strip() == "(9, 1) True False", done.stderr


def test_a_network_can_be_described_without_its_data(runner: Runner) -> None:
    record = runner.run(dataclasses.replace(tiny("tabular_rnn", BACKEND), task="build"))
    assert isinstance(record, Described)
    assert record.network.parameters == 7_435
