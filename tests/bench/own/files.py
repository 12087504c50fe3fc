"""A small model and its data as a user's files, and how they are run."""

from typing import Any

from bench import backends
from bench.executors.process import Runner
from reports.schema.record import Record, Trained
from tests.builders import planned

MODEL = """
import keras

def build():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense({units})])
    model.compile("sgd", {loss})
    return model
"""
LOAD = """
import numpy as np

def load():
    x = np.random.default_rng(0).normal(size=(90, 4))
    y = (x.sum(axis=1) > 0).astype(int)
    return (x[:60], y[:60]), (x[60:], y[60:])
"""
TRAINERS = backends.installed()


LOGITS = "keras.losses.SparseCategoricalCrossentropy(from_logits=True)"


def ran(runner: Runner, **wanted: Any) -> Record:
    defaults = {"profile": "smoke", "networks": ["net.py:build"], "datasets": ["data.py:load"]}
    (experiment,) = planned(**defaults | {"backends": ["jax"], "epochs": 2} | wanted)
    return runner.run(experiment)


def trained(runner: Runner, **wanted: Any) -> Trained:
    record = ran(runner, **wanted)
    assert isinstance(record, Trained), record
    return record
