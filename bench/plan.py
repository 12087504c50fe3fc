"""From what the user asks for to the list of experiments."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product

from architectures.registry import ARCHITECTURES, BASELINES, BASELINES_BY_NAME
from architectures.registry import find as find_architecture
from bench.backends import BY_NAME as BACKENDS
from bench.backends import installed
from bench.compatibility import accepted_by_baselines, accepts
from bench.execution import possible
from bench.experiment import Experiment
from bench.own.place import PlaceError
from bench.own.planning import bring, is_data, is_network, own_experiment
from bench.own.spec import GENERATED
from bench.profiles import PROFILES, RECIPES
from bench.selection import NO_BACKEND, PlanError, Selection, check, require_known
from datasets.registry import DATASETS
from datasets.registry import find as find_dataset
from datasets.spec import Dataset
from reports.schema.metrics import recordable


def plan(selection: Selection) -> tuple[Experiment, ...]:
    """Cross networks with the data sets that they accept, backends, seeds and settings.

    Executions, precisions and cores are axes; baselines know only the last. Backends and settings
    of one network follow each other, so that what drifts on a machine strikes them alike. Networks
    of the user's own come first. Raises `PlanError`.
    """
    check(selection)
    names = tuple(find_backend(name) for name in selection.backends) or installed()
    if not names:
        raise PlanError(NO_BACKEND)
    own = tuple(name for name in selection.networks if is_network(name))
    own_data = tuple(name for name in selection.datasets if is_data(name))
    try:
        networks = [_network_name(name) for name in selection.networks if name not in own]
        datasets = [find_dataset(name) for name in selection.datasets if name not in own_data]
        _check_backends(selection, names)
        brought = tuple(_own(selection, (*own, *networks), own_data, datasets, names))
    except (ValueError, PlaceError) as error:
        raise PlanError(str(error)) from None
    if (own and not networks) or (own_data and not datasets):
        experiments = brought
    else:
        usual = [dataset for dataset in DATASETS if not dataset.only_if_named]
        datasets = _at_hand(datasets or usual, selection, named=bool(datasets))
        experiments = brought + tuple(
            experiment
            for experiment in (
                *_networks(selection, names, datasets),
                *_baselines(selection, names, datasets),
            )
            if not networks or experiment.architecture in networks
        )
    if not experiments:
        raise PlanError(_why_none(selection, names))
    return _each_once(experiments)


def _each_once(experiments: Iterable[Experiment]) -> tuple[Experiment, ...]:
    """Return the experiments, none twice. Raises `PlanError` for two of one id."""
    by_id: dict[str, Experiment] = {}
    for one in experiments:
        if by_id.setdefault(one.id, one) != one:
            raise PlanError(f"two different experiments would both be called {one.id}")
    return tuple(by_id.values())


def plan_trainings(selection: Selection) -> tuple[Experiment, ...]:
    """Return, as `plan`, what trains a network. Raises `PlanError`, for baselines, too."""
    if baselines := _baselines_of(selection):
        raise PlanError(f"{', '.join(baselines)}: of scikit-learn; this is for networks")
    trainings = tuple(experiment for experiment in plan(selection) if experiment.epochs)
    if not trainings:
        raise PlanError("none of these backends trains: name some of tensorflow, jax")
    return trainings


def _check_backends(selection: Selection, backends: Sequence[str]) -> None:
    """Raise `PlanError` for networks and baselines that no chosen backend runs."""
    baselines = _baselines_of(selection)
    networks = [name for name in selection.networks if name not in baselines]
    with_keras = [name for name in backends if BACKENDS[name].keras]
    if baselines and len(with_keras) == len(backends):
        raise PlanError(f"{', '.join(baselines)}: of scikit-learn; add --backends sklearn")
    if networks and not with_keras:
        raise PlanError(
            f"{', '.join(networks)}: networks do not run on {', '.join(backends)}; add one of "
            "tensorflow, jax, numpy, openvino"
        )


def _baselines_of(selection: Selection) -> list[str]:
    return [name for name in selection.networks if name in BASELINES_BY_NAME]


def _at_hand(datasets: Iterable[Dataset], selection: Selection, *, named: bool) -> list[Dataset]:
    """Return those that the profile can have. Raises `PlanError` for one that was named."""
    if not PROFILES[selection.profile].synthetic:
        return list(datasets)
    real_only = [dataset.name for dataset in datasets if dataset.generate is None]
    if named and real_only:
        raise PlanError(
            f"{', '.join(real_only)}: no synthetic data, which profile smoke, advise and duel "
            "need; pytest takes the real files: --profile quick, or thesis"
        )
    return [dataset for dataset in datasets if dataset.generate]


def _why_none(selection: Selection, backends: tuple[str, ...]) -> str:
    if not any(
        _possible(*way) for way in product(backends, selection.executions, selection.precisions)
    ):
        wanted = ", ".join((*selection.executions, *selection.precisions))
        return f"{', '.join(backends)}: cannot run with {wanted}"
    return "none of these networks is for these data sets: nothing to run"


def _own(
    selection: Selection,
    networks: Sequence[str],
    own_data: tuple[str, ...],
    datasets: list[Dataset],
    backends: tuple[str, ...],
) -> Iterator[Experiment]:
    """Yield the experiments with a network or data of the user's. Raises `PlaceError`."""
    own = tuple(name for name in networks if is_network(name))
    if not own and not own_data:
        return
    of_suite = [n for n in dict.fromkeys(networks) if n not in own] if own_data else []
    _check_own(selection, own_data, own, of_suite)
    if not (installed() or installed(trains=False)):
        raise PlanError(NO_BACKEND)  # Keras reads what is the user's
    brought = bring(
        own, own_data, custom_objects=selection.custom_objects, recipe_file=selection.recipe
    )
    _at_hand(datasets, selection, named=True)
    suite = {dataset.name: dataset for dataset in datasets}
    sized = replace(
        selection,
        batch_size=selection.batch_size or brought.recipe.batch_size,
        epochs=selection.epochs or brought.recipe.epochs,
    )
    data = (*brought.datasets, *suite) or (GENERATED,)
    pairs = (*product(brought.networks, data), *product(of_suite, brought.datasets))
    for (network, name), seed, backend in product(pairs, selection.seeds, backends):
        if BACKENDS[backend].keras == (network in BASELINES_BY_NAME):
            continue
        both = brought.own(network, name)
        if name in suite:
            of_suite_data = _experiment(sized, network, suite[name], backend, seed)
            one = replace(of_suite_data, own=both, metrics=(), optimizer="")
        else:
            one = own_experiment(sized, both, network, name, backend, seed)
        yield from _settings(selection, one)


def _check_own(
    selection: Selection, own_data: Sequence[str], own: Sequence[str], of_suite: Sequence[str]
) -> None:
    """Raise `PlanError` for what there is not with networks or data of the user's."""
    if not own and not of_suite:
        raise PlanError(
            f"{own_data[0]}: name the networks to train on it: --networks file.py:build, or some "
            "of the suite's, such as tabular_mlp"
        )
    if selection.metrics:
        what = (
            "your own network has those that it is compiled with"
            if own
            else "cannot be used with data of your own"
        )
        raise PlanError(f"--metrics: {what}; name others in a --recipe")


def find_backend(name: str) -> str:
    """Return ``name`` if it is an installed backend; raises `PlanError` saying what to do."""
    require_known("backend", name, BACKENDS)
    if BACKENDS[name].keras and name not in (*installed(), *installed(trains=False)):
        extra = BACKENDS[name].imports[-1]
        raise PlanError(
            f"backend {name!r} is not installed; python -m pip install '.[{extra}]' installs it"
        )
    return name


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
                        one = _experiment(selection, architecture.name, dataset, backend, seed)
                        yield from _settings(selection, one)


def _settings(selection: Selection, experiment: Experiment) -> Iterator[Experiment]:
    """Yield an experiment with every setting that the backend has; baselines know cores only."""
    if not BACKENDS[experiment.backend].keras:
        yield from (replace(experiment, cores=cores) for cores in selection.cores or (None,))
        return
    for cores in selection.cores or (None,):
        for execution in selection.executions:
            for precision in selection.precisions:
                if _possible(experiment.backend, execution, precision):
                    yield replace(experiment, cores=cores, execution=execution, precision=precision)


def _baselines(
    selection: Selection, backends: Iterable[str], datasets: Iterable[Dataset]
) -> Iterator[Experiment]:
    backends_without_keras = [name for name in backends if not BACKENDS[name].keras]
    for dataset in filter(accepted_by_baselines, datasets):
        for baseline in BASELINES:
            for seed in selection.seeds:
                for backend in backends_without_keras:
                    one = _experiment(selection, baseline.name, dataset, backend, seed)
                    yield from _settings(selection, one)


def _experiment(
    selection: Selection,
    name: str,
    dataset: Dataset,
    backend: str,
    seed: int,
) -> Experiment:
    profile, recipe = PROFILES[selection.profile], RECIPES[dataset.modality]
    keras = BACKENDS[backend].keras
    trained = keras and BACKENDS[backend].trains
    usual_epochs = profile.epochs[dataset.modality]
    asked_epochs = selection.epochs or usual_epochs
    most = None if keras else BASELINES_BY_NAME[name].samples[dataset.modality]
    usual_samples = _least(profile.train_samples[dataset.modality], most)
    asked = selection.samples
    if asked and asked >= dataset.sizes[0]:  # there are no more
        asked = dataset.sizes[0] if profile.synthetic else None
    samples = _least(asked, most) if selection.samples else usual_samples
    usual_metrics = _recorded(dataset, recipe.metrics)
    metrics = _recorded(dataset, selection.metrics) if selection.metrics else usual_metrics
    batch_size = selection.batch_size or recipe.batch_size
    overrides = [  # of the run, whatever of it is this experiment's: they stand in one table
        f"{asked_epochs} epochs" if asked_epochs != usual_epochs else "",
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
        epochs=asked_epochs if trained else 0,
        batch_size=batch_size,
        optimizer=recipe.optimizer if trained else "",
        metrics=metrics,
        train_samples=samples,
        test_samples=profile.test_samples[dataset.modality],
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
