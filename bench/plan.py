"""From what the user asks for to the list of experiments."""

import difflib
from collections.abc import Iterable
from dataclasses import replace

from architectures.registry import ARCHITECTURES, BASELINES, BASELINES_BY_NAME
from architectures.registry import find as find_architecture
from bench.backends import BY_NAME as BACKENDS
from bench.backends import installed
from bench.environment import usable_cores
from bench.execution import NAMES as EXECUTIONS
from bench.experiment import Experiment
from bench.profiles import BINARY_METRICS, MULTICLASS_METRICS, PROFILES, RECIPES, Profile
from datasets.registry import DATASETS
from datasets.registry import find as find_dataset
from datasets.spec import Dataset

PRECISIONS = ("float32", "mixed_bfloat16", "auto")


class PlanError(ValueError):
    """The user asked for something that does not exist or cannot be. The message is for them."""


def plan(
    *,
    profile: str,
    backends: Iterable[str] = (),
    networks: Iterable[str] = (),
    datasets: Iterable[str] = (),
    seeds: int | range = 1,
    epochs: int | None = None,
    batch_size: int | None = None,
    samples: int | None = None,
    cores: Iterable[int] = (),
    jobs: int = 1,
    remote: bool = False,
    executions: Iterable[str] = (),
    precisions: Iterable[str] = (),
    metrics: Iterable[str] = (),
) -> tuple[Experiment, ...]:
    """Cross networks with the data sets of their modality, backends and seeds.

    A number of seeds means those from 0 on.

    Baselines are for all data sets, and run where the backend ``sklearn`` is named; backends that
    only predict do so where they are named.

    Nothing named means everything there is. ``epochs`` to ``samples`` override the profile;
    ``samples`` is the largest number of training samples, ``cores`` how many may be used by each of
    so many ``jobs`` side by side, none is all; on ``remote``
    machines it is not known how many there are. ``executions``, ``precisions`` and ``cores`` are
    further axes; baselines know only the last. ``metrics`` replace the recipe's, accuracy apart,
    where the classes of a data set admit them. Backends and settings of one network follow each
    other, so that what drifts on a machine strikes them alike. Raises `PlanError`.
    """
    chosen = find_profile(profile)
    seeds = range(seeds) if isinstance(seeds, int) else seeds
    chosen_cores = tuple(cores)
    _require_positive(
        seeds=len(seeds),
        epochs=epochs,
        batch_size=batch_size,
        samples=samples,
        cores=min(chosen_cores, default=None),
        jobs=jobs,
    )
    usable, most = len(usable_cores()), max(chosen_cores, default=1)
    if most * jobs > usable and not remote:
        what = " ".join(f"--{name} {n}" for name, n in (("cores", most), ("jobs", jobs)) if n > 1)
        raise PlanError(f"{what} takes {most * jobs} cores: this process may use {usable}")
    names = tuple(find_backend(name) for name in backends) or installed()
    wanted_metrics = {"accuracy", *(_find("metric", name, BINARY_METRICS) for name in metrics)}
    settings = [
        (_find("execution", execution, EXECUTIONS), _find("precision", precision, PRECISIONS))
        for execution in tuple(executions) or ("default",)
        for precision in tuple(precisions) or ("float32",)
    ]
    if not names:
        raise PlanError(
            "no backend is installed; python -m pip install '.[jax]' or '.[tensorflow]'"
        )
    try:
        wanted = [n if n in BASELINES_BY_NAME else find_architecture(n).name for n in networks]
        wanted_data = [find_dataset(name) for name in datasets] or DATASETS
    except ValueError as error:
        raise PlanError(str(error)) from None

    def experiment(
        name: str,
        dataset: Dataset,
        backend: str,
        seed: int,
        cores: int | None,
        execution: str = "default",
        precision: str = "float32",
    ) -> Experiment:
        recipe, keras = RECIPES[dataset.modality], BACKENDS[backend].keras
        trained = keras and BACKENDS[backend].trains
        most = None if keras else BASELINES_BY_NAME[name].samples[dataset.modality]
        usual_epochs = chosen.epochs[dataset.modality]
        usual_samples = _least(chosen.train_samples[dataset.modality], most)
        train_samples = _least(samples, most) if samples else usual_samples
        recorded = recipe.metrics
        if len(wanted_metrics) > 1 or metrics:
            recorded = tuple(n for n in offered_metrics(dataset) if n in wanted_metrics)
        overrides = [
            f"{epochs} epochs" if trained and epochs not in (None, usual_epochs) else "",
            f"batches of {batch_size}" if batch_size not in (None, recipe.batch_size) else "",
            f"{train_samples:,} samples" if train_samples != usual_samples else "",
            f"metrics {' '.join(recorded)}" if recorded != recipe.metrics else "",
        ]
        return Experiment(
            architecture=name,
            dataset=dataset.name,
            backend=backend,
            seed=seed,
            profile=chosen.name,
            embedded=chosen.embedded,
            overrides=", ".join(filter(None, overrides)),
            epochs=(epochs or usual_epochs) if trained else 0,
            batch_size=batch_size or recipe.batch_size,
            optimizer=recipe.optimizer if trained else "",
            metrics=recorded,
            train_samples=train_samples,
            test_samples=chosen.test_samples[dataset.modality],
            cores=cores,
            execution=execution,
            precision=precision,
        )

    on_keras = [
        experiment(architecture.name, dataset, backend, seed, number, *setting)
        for architecture in ARCHITECTURES
        for dataset in wanted_data
        if dataset.modality == architecture.modality
        for seed in seeds
        for backend in names
        for number in chosen_cores or (None,)
        for setting in settings
        if BACKENDS[backend].keras and _possible(backend, *setting)
    ]
    on_others = [
        experiment(baseline.name, dataset, backend, seed, number)
        for dataset in wanted_data
        for baseline in BASELINES
        for seed in seeds
        for backend in names
        for number in chosen_cores or (None,)
        if not BACKENDS[backend].keras
    ]
    found = tuple(e for e in on_keras + on_others if not wanted or e.architecture in wanted)
    if not found and set(wanted) & BASELINES_BY_NAME.keys():
        raise PlanError(f"{', '.join(wanted)}: of scikit-learn; add --backends sklearn")
    if not found:
        raise PlanError("none of these networks is for these data sets: nothing to run")
    return found


def offered_metrics(dataset: Dataset) -> tuple[str, ...]:
    """Return the metrics that can be recorded on a data set, besides the loss."""
    return BINARY_METRICS if len(dataset.classes) == 2 else MULTICLASS_METRICS


SHORT = {"tabular": (600, 256), "image": (72, 64), "sequential": (136, 64)}
"""Training and test samples of a comparison: two whole batches of the recipe and a ragged one."""


def plan_comparisons(
    *,
    backends: Iterable[str] = (),
    networks: Iterable[str] = (),
    datasets: Iterable[str] = (),
    cores: Iterable[int] = (),
) -> tuple[Experiment, ...]:
    """Compare networks on every backend with a float64 reference, which comes first.

    Two epochs on embedded data, without dropout. Backends that only predict take part where they
    are installed. The reference is JAX's if it can be: TensorFlow's optimizers are at fault where
    words repeat (docs/upstream.md). Raises `PlanError`.
    """
    trainers, predictors = installed(), installed(trains=False)
    (reference, *others) = sorted(trainers, key=lambda name: name != "jax") or ("jax",)
    ways = [(name, "float32") for name in (reference, *others, *predictors)]
    ways += [(name, "float64") for name in others]
    ways += [(name, "auto") for name in predictors if name == "openvino"]
    chosen = [_find("backend", name, BACKENDS) for name in backends]
    planned = plan(
        profile="smoke",
        backends=[reference],
        networks=networks,
        datasets=datasets,
        epochs=2,
        cores=cores,
    )
    short = []
    for experiment in planned:
        train, test = SHORT[find_dataset(experiment.dataset).modality]
        short.append(
            replace(
                experiment,
                profile="equivalence",
                metrics=("accuracy",),
                train_samples=train,
                test_samples=test,
            )
        )
    return (
        *(replace(experiment, task="reference", precision="float64") for experiment in short),
        *(
            replace(experiment, task="equivalence", backend=backend, precision=precision)
            for experiment in short
            for backend, precision in ways
            if not chosen or backend in chosen
        ),
    )


def find_profile(name: str) -> Profile:
    """Return the profile called ``name``; raises `PlanError` with near matches."""
    return PROFILES[_find("profile", name, PROFILES)]


def find_backend(name: str) -> str:
    """Return ``name`` if it is an installed backend; raises `PlanError` saying what to do."""
    _find("backend", name, BACKENDS)
    if BACKENDS[name].keras and name not in (*installed(), *installed(trains=False)):
        extra = BACKENDS[name].imports[-1]
        raise PlanError(
            f"backend {name!r} is not installed; python -m pip install '.[{extra}]' installs it"
        )
    return name


def _possible(backend: str, execution: str, precision: str) -> bool:
    """Return whether a backend has a setting: those that only predict have but one way to do so.

    ``auto`` is for OpenVINO, which may compute in less than it was given.
    """
    if BACKENDS[backend].trains:
        return precision != "auto"
    return execution == "default" and precision in ("float32", *["auto"] * (backend == "openvino"))


def _find(what: str, name: str, known: Iterable[str]) -> str:
    if name not in known:
        raise PlanError(_unknown(what, name, known))
    return name


def _least(*numbers: int | None) -> int | None:
    """Return the smallest number; None is none."""
    return min((number for number in numbers if number is not None), default=None)


def _require_positive(**values: int | None) -> None:
    for name, value in values.items():
        if value is not None and value < 1:
            raise PlanError(f"--{name.replace('_', '-')} must be 1 or more, got {value}")


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, n=3) or names
    return f"unknown {what} {name!r}; did you mean {', '.join(near)}?"
