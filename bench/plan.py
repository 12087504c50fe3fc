"""From what the user asks for to the list of experiments."""

import difflib
from collections.abc import Iterable

from architectures.registry import ARCHITECTURES
from architectures.registry import find as find_architecture
from bench.backends import BY_NAME as BACKENDS
from bench.backends import installed
from bench.environment import usable_cores
from bench.experiment import Experiment
from bench.profiles import PROFILES, RECIPES, Profile
from datasets.registry import DATASETS
from datasets.registry import find as find_dataset


class PlanError(ValueError):
    """The user asked for something that does not exist or cannot be. The message is for them."""


def plan(
    *,
    profile: str,
    backends: Iterable[str] = (),
    networks: Iterable[str] = (),
    datasets: Iterable[str] = (),
    seeds: int = 1,
    epochs: int | None = None,
    batch_size: int | None = None,
    samples: int | None = None,
    cores: int | None = None,
) -> tuple[Experiment, ...]:
    """Cross networks with the data sets of their modality, backends and seeds 0 … ``seeds`` - 1.

    Nothing named means everything there is. The last four override the profile; ``samples`` is the
    largest number of training samples, ``cores`` how many may be used. Backends of one network
    follow each other, so that what drifts on a machine strikes them alike. Raises `PlanError`.
    """
    chosen = find_profile(profile)
    _require_positive(
        seeds=seeds, epochs=epochs, batch_size=batch_size, samples=samples, cores=cores
    )
    if cores and cores > usable_cores():
        raise PlanError(f"--cores {cores}: this process may use {usable_cores()}")
    names = tuple(find_backend(name) for name in backends) or installed()
    if not names:
        raise PlanError(
            "no backend is installed; python -m pip install '.[jax]' or '.[tensorflow]'"
        )
    try:
        wanted_networks = [find_architecture(name) for name in networks] or ARCHITECTURES
        wanted_data = [find_dataset(name) for name in datasets] or DATASETS
    except ValueError as error:
        raise PlanError(str(error)) from None
    found = tuple(
        Experiment(
            architecture=architecture.name,
            dataset=dataset.name,
            backend=backend,
            seed=seed,
            profile=chosen.name,
            embedded=chosen.embedded,
            epochs=epochs or chosen.epochs[dataset.modality],
            batch_size=batch_size or RECIPES[dataset.modality].batch_size,
            optimizer=RECIPES[dataset.modality].optimizer,
            metrics=RECIPES[dataset.modality].metrics,
            train_samples=samples or chosen.train_samples[dataset.modality],
            test_samples=chosen.test_samples[dataset.modality],
            cores=cores,
        )
        for architecture in wanted_networks
        for dataset in wanted_data
        if dataset.modality == architecture.modality
        for seed in range(seeds)
        for backend in names
    )
    if not found:
        raise PlanError("none of these networks is for these data sets: nothing to run")
    return found


def find_profile(name: str) -> Profile:
    """Return the profile called ``name``; raises `PlanError` with near matches."""
    if name not in PROFILES:
        raise PlanError(_unknown("profile", name, PROFILES))
    return PROFILES[name]


def find_backend(name: str) -> str:
    """Return ``name`` if it is an installed backend; raises `PlanError` saying what to do."""
    if name not in BACKENDS:
        raise PlanError(_unknown("backend", name, BACKENDS))
    if name not in installed():
        raise PlanError(
            f"backend {name!r} is not installed; python -m pip install '.[{name}]' installs it"
        )
    return name


def _require_positive(**values: int | None) -> None:
    for name, value in values.items():
        if value is not None and value < 1:
            raise PlanError(f"--{name.replace('_', '-')} must be 1 or more, got {value}")


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, n=3) or names
    return f"unknown {what} {name!r}; did you mean {', '.join(near)}?"
