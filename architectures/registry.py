"""The networks, in the order of the tables, and the classifiers to hold them against.

Layer sizes and counts: M. Pyšík, *Classification with neural networks in the Keras environment*,
Brno University of Technology, 2023, section 5.3.
"""

import difflib
from collections.abc import Mapping

from architectures.spec import Architecture, Baseline, Modality

TABULAR, IMAGE, SEQUENTIAL = 7_500, 240_000, 370_000

ARCHITECTURES = (
    Architecture(
        name="tabular_mlp",
        modality="tabular",
        kind="mlp",
        encoding="standardized",
        shape=(50,),
        classes=2,
        least_shape=(1,),
        parameters=7_801,
        budget_reference=TABULAR,
    ),
    Architecture(
        name="tabular_mlpx",
        modality="tabular",
        kind="mlp",
        encoding="standardized",
        shape=(50,),
        classes=2,
        least_shape=(1,),
        parameters=7_701,
        budget_reference=TABULAR,
    ),
    Architecture(
        name="tabular_cnn",
        modality="tabular",
        kind="cnn",
        encoding="standardized",
        shape=(50,),
        classes=2,
        least_shape=(4,),
        parameters=7_829,
        budget_reference=TABULAR,
    ),
    Architecture(
        name="tabular_rnn",
        modality="tabular",
        kind="rnn",
        encoding="standardized",
        shape=(50,),
        classes=2,
        least_shape=(1,),
        parameters=7_435,
        budget_reference=TABULAR,
    ),
    Architecture(
        name="image_mlp",
        modality="image",
        kind="mlp",
        encoding="scaled",
        shape=(28, 28),
        classes=10,
        least_shape=(1, 1),
        parameters=252_570,
        budget_reference=IMAGE,
        revision=2,
    ),
    Architecture(
        name="image_cnn",
        modality="image",
        kind="cnn",
        encoding="scaled",
        shape=(28, 28),
        classes=10,
        least_shape=(8, 8),
        parameters=241_546,
        budget_reference=IMAGE,
        revision=2,
    ),
    Architecture(
        name="image_cnnx",
        modality="image",
        kind="cnn",
        encoding="scaled",
        shape=(28, 28),
        classes=10,
        least_shape=(8, 8),
        parameters=241_546,
        budget_reference=IMAGE,
    ),
    Architecture(
        name="image_rnn",
        modality="image",
        kind="rnn",
        encoding="scaled",
        shape=(28, 28),
        classes=10,
        least_shape=(1, 1),
        parameters=257_140,
        budget_reference=IMAGE,
        revision=2,
    ),
    Architecture(
        name="sequential_mlp",
        modality="sequential",
        kind="mlp",
        encoding="multi_hot",
        shape=(10_000,),
        classes=2,
        least_shape=(1,),
        parameters=361_405,
        budget_reference=SEQUENTIAL,
        revision=2,
    ),
    Architecture(
        name="sequential_cnn",
        modality="sequential",
        kind="cnn",
        encoding="padded",
        shape=(500,),
        classes=2,
        least_shape=(3,),
        tokens=10_000,
        parameters=343_105,
        budget_reference=SEQUENTIAL,
    ),
    Architecture(
        name="sequential_rnn",
        modality="sequential",
        kind="rnn",
        encoding="padded",
        shape=(500,),
        classes=2,
        least_shape=(1,),
        tokens=10_000,
        parameters=373_301,
        budget_reference=SEQUENTIAL,
        revision=2,
    ),
    Architecture(
        name="sequential_rnnx",
        modality="sequential",
        kind="rnn",
        encoding="padded",
        shape=(500,),
        classes=2,
        least_shape=(1,),
        tokens=10_000,
        parameters=377_201,
        budget_reference=SEQUENTIAL,
        revision=2,
    ),
)

WHOLE: Mapping[Modality, int | None] = {"tabular": None, "image": None, "sequential": None}

BASELINES = (
    Baseline(name="logistic_regression", samples=WHOLE),
    Baseline(name="naive_bayes", samples=WHOLE),
    Baseline(name="decision_tree", samples=WHOLE),
    Baseline(name="random_forest", samples=WHOLE),
    Baseline(name="nearest_neighbors", samples={**WHOLE, "sequential": 5_000}),
    Baseline(name="linear_svm", samples={**WHOLE, "image": 10_000}),
    Baseline(name="kernel_svm", samples={"tabular": 10_000, "image": 10_000, "sequential": 5_000}),
    Baseline(name="gradient_boosting", samples={**WHOLE, "image": 10_000, "sequential": 5_000}),
)

BY_NAME = {architecture.name: architecture for architecture in ARCHITECTURES}
BASELINES_BY_NAME = {baseline.name: baseline for baseline in BASELINES}


def find(name: str) -> Architecture:
    """Return the network called ``name``; an unknown one raises `ValueError` with near matches."""
    if name in BY_NAME:
        return BY_NAME[name]
    known = [*BY_NAME, *BASELINES_BY_NAME]
    near = difflib.get_close_matches(name, known, n=3) or list(BY_NAME)
    raise ValueError(f"unknown network {name!r}; did you mean {', '.join(near)}?")


def kind(name: str) -> str:
    """Return the kind of a network, or ``baseline``."""
    return BY_NAME[name].kind if name in BY_NAME else "baseline"


def revision(name: str) -> int:
    """Return the revision of a network or baseline."""
    return (BASELINES_BY_NAME.get(name) or find(name)).revision
