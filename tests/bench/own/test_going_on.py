"""Trainings of the user's own networks that were stopped: they go on, or say why they do not."""

from pathlib import Path

import pytest

from bench import backends
from bench.executors.process import Runner
from bench.experiment import Experiment, provenance
from bench.protocol import Paths, Progress
from tests.bench.own.files import LOGITS, MODEL, TRAINERS
from tests.builders import kill_after, planned, trained

DIVERGES = """
import keras

def build():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8), keras.layers.Dense(2)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(1e25), loss)
    return model
"""
NARROW = MODEL.replace("Dense({units})", 'Dense({units}, dtype="bfloat16")')
SETS_VARIABLES = """
import os
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["XLA_FLAGS"] = "--xla_cpu_enable_fast_math=false"
"""
TWO_OPTIMIZERS = """
import keras

class Model(keras.Model):
    def __init__(self):
        super().__init__()
        self.one, self.other = keras.layers.Dense(2), {{"second": keras.optimizers.Adam()}}

    def call(self, x):
        return self.one(x)

def build():
    model = Model()
    model.compile("sgd", {loss})
    return model
"""


def experiments(folder: Path, text: str, backend: str, epochs: int = 5) -> tuple[Experiment, Paths]:
    (folder / "net.py").write_text(text.format(units=2, loss=LOGITS))
    (experiment,) = planned(
        networks=["net.py:build"], datasets=["data.py:load"], backends=[backend], epochs=epochs
    )
    return experiment, Paths(checkpoint=str(folder / "state.npz"), checkpoint_epochs=1)


@pytest.mark.parametrize("backend", TRAINERS)
@pytest.mark.parametrize("text", [DIVERGES, NARROW], ids=["diverges", "bfloat16"])
def test_it_goes_on(runner: Runner, folder: Path, text: str, backend: str) -> None:
    experiment, paths = experiments(folder, text, backend)
    whole = trained(runner.run(experiment))
    assert (None in whole.history.train["loss"]) == (text is DIVERGES)
    runner.run(experiment, kill_after(3), paths)
    seen: list[Progress] = []
    resumed = trained(runner.run(experiment, seen.append, paths))
    assert seen[0].note
    assert seen[0].note.startswith("goes on after epoch ")
    assert resumed.history == whole.history
    assert resumed.weights == whole.weights


def test_state_that_keras_does_not_know_of_is_not_saved(runner: Runner, folder: Path) -> None:
    experiment, paths = experiments(folder, TWO_OPTIMIZERS, TRAINERS[0])
    seen: list[Progress] = []
    trained(runner.run(experiment, seen.append, paths))
    assert seen[0].note == "no checkpoint: Keras does not track the state of other"
    assert not Path(paths.checkpoint or "").exists()


@pytest.mark.parametrize("backend", TRAINERS)
def test_variables_that_its_code_sets_are_not_those_that_were_asked_for(
    runner: Runner, folder: Path, backend: str
) -> None:
    """The record would else be of another experiment than the one that was planned."""
    experiment, _ = experiments(folder, SETS_VARIABLES + MODEL, backend, epochs=1)
    record = trained(runner.run(experiment))
    planned_with = provenance(experiment, checksum="", packages=backends.packages(backend))
    assert record.provenance == planned_with | {"data": (record.provenance or {})["data"]}
