"""A changed network is another one, whether or not somebody raised its revision."""

import pytest

from architectures.registry import ARCHITECTURES, BASELINES
from architectures.source import digest, digest_of

MODULE = '''
import keras

WIDTH = 32


def small(shape, classes):
    """A network."""
    return keras.Sequential([keras.Input(shape), _block(), keras.layers.Dense(1)])


def other(shape, classes):
    return keras.Sequential([keras.layers.Dense(9)])


def _block():
    return keras.layers.Dense(WIDTH, activation="gelu")
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"gelu"', '"tanh"'),
        ("WIDTH = 32", "WIDTH = 33"),
        ("keras.layers.Dense(1)])", "keras.layers.Dense(2)])"),
    ],
)
def test_a_change_is_seen_wherever_in_the_module_it_is(old: str, new: str) -> None:
    assert digest_of(MODULE, "small") != digest_of(MODULE.replace(old, new), "small")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""A network."""', '"""Another text."""'),
        ("WIDTH = 32", "WIDTH = 32  # wide"),
        ("Dense(9)", "Dense(8)"),
    ],
)
def test_texts_and_other_networks_do_not_count(old: str, new: str) -> None:
    assert digest_of(MODULE, "small") == digest_of(MODULE.replace(old, new), "small")


def test_a_number_that_becomes_an_argument_is_no_change_until_it_is_another() -> None:
    argued = MODULE.replace("(shape, classes):", "(shape, classes, *, units=1):", 1)
    argued = argued.replace("Dense(1)])", "Dense(units)])")
    assert argued.count("units") == 2
    assert digest_of(MODULE, "small") == digest_of(argued, "small")
    assert digest_of(MODULE, "small") != digest_of(argued.replace("=1", "=2"), "small")


def test_every_python_reads_the_same() -> None:
    """Otherwise a record by another Python is of another network, and is left out of reports."""
    assert digest_of(MODULE, "small") == "a79136ac93e7"


def test_every_network_and_baseline_has_a_digest_of_its_own() -> None:
    names = [*(a.name for a in ARCHITECTURES), *(b.name for b in BASELINES)]
    assert len({digest(name) for name in names}) == len(names)
