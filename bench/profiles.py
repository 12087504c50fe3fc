"""How long and on what: one table of recipes and one of profiles."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What training has in common over the profiles (the study's sections 5.3 and 7.1 to 7.3)."""

    batch_size: int
    optimizer: str
    metrics: tuple[str, ...]
    """Recorded each epoch besides the loss, as far as the number of classes admits them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One answer to "how much time is there?"."""

    name: str
    synthetic: bool
    """Synthetic data, which are always there, instead of the real files."""
    epochs: Mapping[str, int]
    """By modality, as the following two."""
    train_samples: Mapping[str, int | None]
    test_samples: Mapping[str, int | None]


RECIPES = {
    "tabular": Recipe(
        batch_size=256,
        optimizer="adam",
        metrics=("accuracy", "precision", "recall", "auc_pr", "f1"),
    ),
    "image": Recipe(batch_size=32, optimizer="adam", metrics=("accuracy",)),
    "sequential": Recipe(batch_size=64, optimizer="rmsprop", metrics=("accuracy",)),
}

WHOLE = {"tabular": None, "image": None, "sequential": None}

PROFILES = {
    profile.name: profile
    for profile in (
        Profile(
            name="smoke",  # does everything work? all twelve networks in about a minute
            synthetic=True,
            epochs={"tabular": 3, "image": 2, "sequential": 2},
            train_samples={"tabular": 4096, "image": 640, "sequential": 192},
            test_samples={"tabular": 1024, "image": 160, "sequential": 128},
        ),
        Profile(
            name="quick",  # real results in about half an hour per backend on two cores
            synthetic=False,
            epochs={"tabular": 10, "image": 6, "sequential": 3},
            train_samples=WHOLE,
            test_samples=WHOLE,
        ),
        Profile(
            name="thesis",  # the study's recipe in full: days
            synthetic=False,
            epochs={"tabular": 150, "image": 200, "sequential": 100},
            train_samples=WHOLE,
            test_samples=WHOLE,
        ),
    )
}
