"""The networks, in the order of the tables, and the classifiers to hold them against.

Layer sizes and counts: M. Pyšík, *Classification with neural networks in the Keras environment*,
Brno University of Technology, 2023, section 5.3.
"""

import difflib
from collections.abc import Mapping

from architectures.spec import Architecture, Baseline, Modality, Scale

TABULAR, IMAGE, SEQUENTIAL = 7_500, 240_000, 370_000
MAGIC = 1_500
"""Not the study's: as `TABULAR`, 150 parameters for each feature."""


def _to_magic(*, parameters: int, **widths: int) -> Scale:
    return Scale(
        shape=(10,), classes=2, parameters=parameters, budget_reference=MAGIC, widths=widths
    )


ARCHITECTURES = (
    Architecture(
        name="tabular_mlp",
        modality="tabular",
        kind="mlp",
        encoding="standardized",
        scales=(
            Scale(shape=(50,), classes=2, parameters=7_801, budget_reference=TABULAR),
            _to_magic(parameters=1_501, units=125),
        ),
        least_shape=(1,),
    ),
    Architecture(
        name="tabular_mlpx",
        modality="tabular",
        kind="mlp",
        encoding="standardized",
        scales=(
            Scale(shape=(50,), classes=2, parameters=7_701, budget_reference=TABULAR),
            _to_magic(parameters=1_489, units=24),
        ),
        least_shape=(1,),
    ),
    Architecture(
        name="tabular_cnn",
        modality="tabular",
        kind="cnn",
        encoding="standardized",
        scales=(
            Scale(shape=(50,), classes=2, parameters=7_829, budget_reference=TABULAR),
            _to_magic(parameters=1_429),
        ),
        least_shape=(4,),
    ),
    Architecture(
        name="tabular_rnn",
        modality="tabular",
        kind="rnn",
        encoding="standardized",
        scales=(
            Scale(shape=(50,), classes=2, parameters=7_435, budget_reference=TABULAR),
            _to_magic(parameters=1_459, units=18),
        ),
        least_shape=(1,),
    ),
    Architecture(
        name="image_mlp",
        modality="image",
        kind="mlp",
        encoding="scaled",
        scales=(Scale(shape=(28, 28), classes=10, parameters=252_570, budget_reference=IMAGE),),
        least_shape=(1, 1),
        revision=2,
    ),
    Architecture(
        name="image_cnn",
        modality="image",
        kind="cnn",
        encoding="scaled",
        scales=(Scale(shape=(28, 28), classes=10, parameters=241_546, budget_reference=IMAGE),),
        least_shape=(8, 8),
        revision=2,
    ),
    Architecture(
        name="image_cnnx",
        modality="image",
        kind="cnn",
        encoding="scaled",
        scales=(Scale(shape=(28, 28), classes=10, parameters=241_546, budget_reference=IMAGE),),
        least_shape=(8, 8),
    ),
    Architecture(
        name="image_rnn",
        modality="image",
        kind="rnn",
        encoding="scaled",
        scales=(Scale(shape=(28, 28), classes=10, parameters=257_140, budget_reference=IMAGE),),
        least_shape=(1, 1),
        revision=2,
    ),
    Architecture(
        name="sequential_mlp",
        modality="sequential",
        kind="mlp",
        encoding="multi_hot",
        scales=(
            Scale(shape=(10_000,), classes=2, parameters=361_405, budget_reference=SEQUENTIAL),
        ),
        least_shape=(1,),
        revision=2,
    ),
    Architecture(
        name="sequential_cnn",
        modality="sequential",
        kind="cnn",
        encoding="padded",
        scales=(Scale(shape=(500,), classes=2, parameters=343_105, budget_reference=SEQUENTIAL),),
        least_shape=(3,),
        tokens=10_000,
    ),
    Architecture(
        name="sequential_rnn",
        modality="sequential",
        kind="rnn",
        encoding="padded",
        scales=(Scale(shape=(500,), classes=2, parameters=373_301, budget_reference=SEQUENTIAL),),
        least_shape=(1,),
        tokens=10_000,
        revision=2,
    ),
    Architecture(
        name="sequential_rnnx",
        modality="sequential",
        kind="rnn",
        encoding="padded",
        scales=(Scale(shape=(500,), classes=2, parameters=377_201, budget_reference=SEQUENTIAL),),
        least_shape=(1,),
        tokens=10_000,
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
    near = difflib.get_close_matches(name, known, n=3)
    hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(known)}"
    raise ValueError(f"unknown network {name!r}; {hint}")


def kind(name: str) -> str:
    """Return the kind of a network, or ``baseline``."""
    return BY_NAME[name].kind if name in BY_NAME else "baseline"


def revision(name: str) -> int:
    """Return the revision of a network or baseline."""
    return (BASELINES_BY_NAME.get(name) or find(name)).revision
