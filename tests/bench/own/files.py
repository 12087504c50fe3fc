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
SUITED = """
import numpy as np

random = np.random.default_rng(0)

def divided(x, y):
    return (x[:60], y[:60]), (x[60:], y[60:])

def tabular():
    x = random.normal(5, 3, size=(90, 6))
    return divided(x, (x.sum(axis=1) > 30).astype(int))

def image():
    y = random.permutation(np.arange(90) % 3)
    return divided(random.integers(0, 256, (90, 12, 9, 1), dtype=np.uint8), np.eye(3)[y])

def sequential():
    x = random.integers(0, 10_000, (90, 12))
    return divided(x, (x[:, :1] > 5000).astype(float))

def regression():
    return divided(random.normal(size=(90, 6)), random.normal(size=90))

def counted():
    return divided(random.normal(size=(90, 6)), 7.0 + np.arange(90))

def several():
    x = random.normal(size=(90, 6))
    (x_train, y_train), (x_test, y_test) = divided(x, np.arange(90) % 2)
    return ({"a": x_train}, y_train), ({"a": x_test}, y_test)

def colours():
    return divided(random.integers(0, 256, (90, 12, 9, 3), dtype=np.uint8), np.arange(90) % 2)

def films():
    return divided(random.integers(0, 256, (90, 2, 12, 9, 3), dtype=np.uint8), np.arange(90) % 2)

def small():
    return divided(random.integers(0, 256, (90, 12, 7), dtype=np.uint8), np.arange(90) % 2)

def rare():
    y = np.zeros(90, int)
    y[0], y[70] = 2, 1
    y[1] = 1
    return divided(random.normal(size=(90, 6)), y)

def skewed():
    y = np.repeat([0, 2], 45)
    y[44] = 1
    x = 10.0 * y[:, None] + random.normal(size=(90, 6))
    rows = np.random.default_rng(1).permutation(90)
    return divided(x[rows], y[rows])

def dear():
    return divided(random.normal(size=(90, 6)), 10**13 + np.arange(90))

def unseen():
    return divided(random.normal(size=(90, 6)), np.arange(90) // 30)

def grey():
    return divided(random.integers(0, 65_536, (90, 12, 12), dtype=np.uint16), np.arange(90) % 2)

def level():
    x = random.normal(size=(90, 6)).astype(np.float32)
    x[:, 0] = 0.1
    x[80, 0] = 0.2
    return divided(x, np.arange(90) % 2)

def seeded():
    import keras
    keras.utils.set_random_seed(3)
    return tabular()

def many():
    return divided(random.integers(0, 10_001, (90, 400)), np.arange(90) % 2)
"""
"""Data for networks of the suite, and some that are for none."""
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
