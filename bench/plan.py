"""From what the user asks for to the list of experiments."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from architectures.registry import ARCHITECTURES, BASELINES, BASELINES_BY_NAME
from architectures.registry import find as find_architecture
from bench.backends import BY_NAME as BACKENDS
from bench.backends import installed
from bench.compatibility import accepted_by_baselines, accepts
from bench.execution import NAMES as EXECUTIONS
from bench.execution import possible
from bench.experiment import Experiment
from bench.machine import usable_cores
from bench.profiles import PROFILES, RECIPES
from datasets.registry import DATASETS
from datasets.registry import find as find_dataset
from datasets.spec import Dataset
from reports.schema.metrics import RECORDABLE, recordable

PRECISIONS = ("float32", "mixed_bfloat16", "auto")
MOST_SEEDS = 10_000
SEEDS = 2**32
"""Numbers that NumPy and Keras take for a seed."""
NO_BACKEND = "no backend is installed; python -m pip install '.[jax]' or '.[tensorflow]'"


class PlanError(ValueError):
    """The user asked for something that does not exist or cannot be. The message is for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What the user asks for; nothing named means everything there is."""

    profile: str = "smoke"
    backends: tuple[str, ...] = ()
    """Baselines run where ``sklearn`` is named, backends that only predict where they are."""
    networks: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    seeds: range = range(1)
    epochs: int | None = None
    """Instead of the profile's, as the following two."""
    batch_size: int | None = None
    samples: int | None = None
    """The largest number of training samples."""
    cores: tuple[int, ...] = ()
    """How many may be used by each of so many ``jobs`` side by side; none is all."""
    jobs: int = 1
    remote: bool = False
    """Whether they run on other machines, of which it is not known how many cores they have."""
    executions: tuple[str, ...] = ("default",)
    precisions: tuple[str, ...] = ("float32",)
    metrics: tuple[str, ...] = ()
    """Instead of the recipe's, accuracy apart, where the classes of a data set admit them."""


def plan(selection: Selection) -> tuple[Experiment, ...]:
    """Cross networks with the data sets that they accept, backends, seeds and settings.

    Executions, precisions and cores are axes; baselines know only the last. Backends and settings
    of one network follow each other, so that what drifts on a machine strikes them alike. Raises
    `PlanError`.
    """
    _check(selection)
    names = tuple(find_backend(name) for name in selection.backends) or installed()
    if not names:
        raise PlanError(NO_BACKEND)
    try:
        networks = [_network_name(name) for name in selection.networks]
        datasets = [find_dataset(name) for name in selection.datasets] or list(DATASETS)
    except ValueError as error:
        raise PlanError(str(error)) from None
    if PROFILES[selection.profile].synthetic:
        real_only = [dataset.name for dataset in datasets if dataset.generate is None]
        if selection.datasets and real_only:
            raise PlanError(
                f"{', '.join(real_only)}: no synthetic data; --profile quick, or thesis"
            )
        datasets = [dataset for dataset in datasets if dataset.generate]
    experiments = tuple(
        experiment
        for experiment in (
            *_networks(selection, names, datasets),
            *_baselines(selection, names, datasets),
        )
        if not networks or experiment.architecture in networks
    )
    if not experiments and set(networks) & BASELINES_BY_NAME.keys():
        raise PlanError(f"{', '.join(networks)}: of scikit-learn; add --backends sklearn")
    if not experiments and not any(
        _possible(*way) for way in product(names, selection.executions, selection.precisions)
    ):
        wanted = ", ".join((*selection.executions, *selection.precisions))
        raise PlanError(f"{', '.join(names)}: cannot run with {wanted}")
    if not experiments:
        raise PlanError("none of these networks is for these data sets: nothing to run")
    return experiments


def find_backend(name: str) -> str:
    """Return ``name`` if it is an installed backend; raises `PlanError` saying what to do."""
    _require_known("backend", name, BACKENDS)
    if BACKENDS[name].keras and name not in (*installed(), *installed(trains=False)):
        extra = BACKENDS[name].imports[-1]
        raise PlanError(
            f"backend {name!r} is not installed; python -m pip install '.[{extra}]' installs it"
        )
    return name


def _check(selection: Selection) -> None:
    """Raise `PlanError` for what can be told from the selection alone."""
    _require_known("profile", selection.profile, PROFILES)
    first, end = selection.seeds.start, selection.seeds.stop
    if end - first > MOST_SEEDS or end > SEEDS:
        raise PlanError(
            f"--seeds: at most {MOST_SEEDS:,} of them, from 0 to {SEEDS - 1:,}, got {first:,} to "
            f"{end - 1:,}"
        )
    most = max(selection.cores, default=1)
    for name, value in (
        ("seeds", len(selection.seeds)),
        ("epochs", selection.epochs),
        ("batch-size", selection.batch_size),
        ("samples", selection.samples),
        ("cores", min(selection.cores, default=None)),
        ("jobs", selection.jobs),
    ):
        if value is not None and value < 1:
            raise PlanError(f"--{name} must be 1 or more, got {value}")
    usable = len(usable_cores())
    if most * selection.jobs > usable and not selection.remote:
        asked = [("cores", most), ("jobs", selection.jobs)]
        what = " ".join(f"--{name} {number}" for name, number in asked if number > 1)
        raise PlanError(
            f"{what} takes {most * selection.jobs} cores: this process may use {usable}"
        )
    for name in selection.executions:
        _require_known("execution", name, EXECUTIONS)
    for name in selection.precisions:
        _require_known("precision", name, PRECISIONS)
    for name in selection.metrics:
        _require_known("metric", name, RECORDABLE)


def _networks(
    selection: Selection, backends: Iterable[str], datasets: Iterable[Dataset]
) -> Iterator[Experiment]:
    for architecture in ARCHITECTURES:
        for dataset in datasets:
            if not accepts(architecture, dataset):
                continue
            for seed in selection.seeds:
                for backend in backends:
                    if BACKENDS[backend].keras:
                        yield from _settings(selection, architecture.name, dataset, backend, seed)


def _settings(
    selection: Selection, network: str, dataset: Dataset, backend: str, seed: int
) -> Iterator[Experiment]:
    """Yield a network's experiments with every setting that the backend has."""
    for cores in selection.cores or (None,):
        for execution in selection.executions:
            for precision in selection.precisions:
                if _possible(backend, execution, precision):
                    yield _experiment(
                        selection,
                        network,
                        dataset,
                        backend,
                        seed,
                        cores,
                        execution=execution,
                        precision=precision,
                    )


def _baselines(
    selection: Selection, backends: Iterable[str], datasets: Iterable[Dataset]
) -> Iterator[Experiment]:
    backends_without_keras = [name for name in backends if not BACKENDS[name].keras]
    for dataset in filter(accepted_by_baselines, datasets):
        for baseline in BASELINES:
            for seed in selection.seeds:
                for backend in backends_without_keras:
                    for cores in selection.cores or (None,):
                        yield _experiment(selection, baseline.name, dataset, backend, seed, cores)


def _experiment(
    selection: Selection,
    name: str,
    dataset: Dataset,
    backend: str,
    seed: int,
    cores: int | None,
    *,
    execution: str = "default",
    precision: str = "float32",
) -> Experiment:
    profile, recipe = PROFILES[selection.profile], RECIPES[dataset.modality]
    keras = BACKENDS[backend].keras
    trained = keras and BACKENDS[backend].trains
    usual_epochs = profile.epochs[dataset.modality]
    most = None if keras else BASELINES_BY_NAME[name].samples[dataset.modality]
    usual_samples = _least(profile.train_samples[dataset.modality], most)
    asked = selection.samples
    if asked and asked >= dataset.sizes[0]:  # there are no more
        asked = dataset.sizes[0] if profile.synthetic else None
    samples = _least(asked, most) if selection.samples else usual_samples
    usual_metrics = _recorded(dataset, recipe.metrics)
    metrics = _recorded(dataset, selection.metrics) if selection.metrics else usual_metrics
    batch_size = selection.batch_size or recipe.batch_size
    epochs = (selection.epochs or usual_epochs) if trained else 0
    overrides = [
        f"{epochs} epochs" if trained and epochs != usual_epochs else "",
        f"batches of {batch_size}" if batch_size != recipe.batch_size else "",
        f"{samples:,} samples" if samples != usual_samples else "",
        f"metrics {' '.join(metrics)}" if metrics != usual_metrics else "",
    ]
    return Experiment(
        architecture=name,
        dataset=dataset.name,
        backend=backend,
        seed=seed,
        profile=profile.name,
        synthetic=profile.synthetic,
        overrides=", ".join(filter(None, overrides)),
        epochs=epochs,
        batch_size=batch_size,
        optimizer=recipe.optimizer if trained else "",
        metrics=metrics,
        train_samples=samples,
        test_samples=profile.test_samples[dataset.modality],
        cores=cores,
        execution=execution,
        precision=precision,
    )


def _recorded(dataset: Dataset, wanted: Iterable[str]) -> tuple[str, ...]:
    """Return accuracy and the wanted metrics, as far as the classes admit them."""
    names = {"accuracy", *wanted}
    return tuple(name for name in recordable(len(dataset.classes)) if name in names)


def _possible(backend: str, execution: str, precision: str) -> bool:
    """Return whether a backend has a setting: those that only predict have but one way to do so.

    A rewrite of layers is for some backends.

    ``auto`` is for OpenVINO, which may compute in less than it was given.
    """
    if BACKENDS[backend].trains:
        return precision != "auto" and possible(execution, backend)
    if precision == "auto":
        return execution == "default" and backend == "openvino"
    return execution == "default" and precision == "float32"


def _network_name(name: str) -> str:
    return name if name in BASELINES_BY_NAME else find_architecture(name).name


def _least(*numbers: int | None) -> int | None:
    """Return the smallest number; None is none."""
    return min((number for number in numbers if number is not None), default=None)


def _require_known(what: str, name: str, names: Iterable[str]) -> None:
    known = list(names)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3) or known
        raise PlanError(f"unknown {what} {name!r}; did you mean {', '.join(near)}?")
