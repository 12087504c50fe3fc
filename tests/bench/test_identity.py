"""Fingerprints are literals: whatever is renamed in the code, stored records stay what they are."""

import os
from dataclasses import replace

import pytest

from bench.backends import BY_NAME
from bench.experiment import Experiment, fingerprint, provenance, without_source
from bench.variables import effect

PACKAGES = {"keras": "3.15.1", "numpy": "2.4.6", "jax": "0.10.2"}
PLAIN = Experiment(
    architecture="tabular_mlp",
    dataset="miniboone",
    backend="jax",
    seed=0,
    profile="smoke",
    synthetic=True,
    epochs=3,
    batch_size=256,
    optimizer="adam",
    metrics=("accuracy", "precision", "recall", "auc_pr", "f1"),
    train_samples=4096,
    test_samples=1024,
)
TUNED = Experiment(
    architecture="image_cnn",
    dataset="fashion_mnist",
    backend="tensorflow",
    seed=2,
    profile="thesis",
    synthetic=False,
    epochs=5,
    batch_size=16,
    optimizer="adam",
    metrics=("accuracy",),
    train_samples=None,
    test_samples=None,
    cores=1,
    execution="tuned",
    precision="mixed_bfloat16",
    overrides="5 epochs, batches of 16",
)
REFERENCE = Experiment(
    architecture="sequential_cnn",
    dataset="imdb",
    backend="jax",
    seed=0,
    profile="equivalence",
    synthetic=True,
    epochs=2,
    batch_size=64,
    optimizer="rmsprop",
    metrics=("accuracy",),
    train_samples=136,
    test_samples=64,
    precision="float64",
    task="reference",
)
BASELINE = Experiment(
    architecture="kernel_svm",
    dataset="imdb",
    backend="sklearn",
    seed=0,
    profile="quick",
    synthetic=False,
    epochs=0,
    batch_size=64,
    optimizer="",
    metrics=("accuracy",),
    train_samples=5000,
    test_samples=None,
)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out what this machine may have set for its linear algebra, say."""
    for name in list(os.environ):
        if any(effect(name, backend) in ("numbers", "unknown") for backend in BY_NAME):
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("pinned", "expected"),
    [
        (PLAIN, "930ad20c79dea224"),
        (TUNED, "9ed4b13ab468c353"),
        (REFERENCE, "b347860e20890ccc"),
        (replace(REFERENCE, task="equivalence", precision="float32"), "7c20f38cffd7e5ae"),
        (BASELINE, "5c47f9b9085097b5"),
        (replace(PLAIN, task="test"), "4045987a063ebab1"),
    ],
)
def test_fingerprints_stay(pinned: Experiment, expected: str) -> None:
    known = provenance(pinned, checksum="sha256:00ff", packages=PACKAGES)
    assert fingerprint(without_source(known)) == expected
    assert fingerprint(known) != expected


def test_the_keys_of_a_fingerprint_stay() -> None:
    known = provenance(TUNED, checksum="sha256:00ff", packages=PACKAGES)
    assert list(known) == [
        *("schema", "architecture", "dataset", "backend", "seed", "profile", "embedded"),
        *("epochs", "batch_size", "optimizer", "metrics", "train_samples", "test_samples"),
        *("cores", "execution", "precision", "revision", "source", "data", "keras", "numpy", "jax"),
    ]
