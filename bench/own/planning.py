"""From places that the user names to experiments: no code of theirs is run."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from architectures import registry, source
from bench.backends import BY_NAME as BACKENDS
from bench.experiment import Experiment
from bench.own import recipe
from bench.own.digest import Digest, digest
from bench.own.place import WHOLE, Place, PlaceError, find, looks_like_place, name_of
from bench.own.spec import (
    BATCH_SIZE,
    DATA_FILE,
    EPOCHS,
    GENERATED,
    GENERATED_SAMPLES,
    NETWORK_FILE,
    PROFILE,
    Own,
)
from bench.profiles import RECIPES
from bench.selection import Selection
from datasets import registry as datasets


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """Networks and data of the user's, by the names that they have in ids."""

    networks: dict[str, Place]
    datasets: dict[str, Place]
    custom_objects: Place | None
    recipe: recipe.Recipe
    digests: dict[Place, Digest]
    """Of all of them: data may be large, and are read once."""

    def own(self, network: str, dataset: str) -> Own:
        """Return one network with its data, one of them or both of the user's."""
        place, data = self.networks.get(network), self.datasets.get(dataset)
        objects = self.custom_objects if place else None
        generated = Digest(text=GENERATED) if dataset == GENERATED else None
        return Own(
            network=place,
            network_digest=self.digests[place] if place else Digest(text=_of_suite(network)),
            data=data,
            data_digest=self.digests[data] if data else generated,
            custom_objects=objects,
            custom_objects_digest=self.digests[objects] if objects else None,
            compiling="" if network in registry.BASELINES_BY_NAME else self.recipe.compiling,
        )


def is_network(text: str) -> bool:
    """Return whether a text is a place and no name of the registry."""
    return looks_like_place(text, NETWORK_FILE)


def is_data(text: str) -> bool:
    """Return whether a text is a place and no name of the registry, whatever folders there are."""
    if text in datasets.BY_NAME:
        return False
    return looks_like_place(text, DATA_FILE) or Path(text).is_dir()


def bring(
    networks: tuple[str, ...],
    data: tuple[str, ...],
    *,
    custom_objects: str | None,
    recipe_file: str | None,
) -> Brought:
    """Find everything that is named, and hash it. Raises `PlaceError`."""
    models, samples = dict(_named(map(_network, networks))), dict(_named(map(_data, data)))
    objects = _objects(custom_objects) if custom_objects else None
    places = (*models.values(), *samples.values(), *([objects] if objects else []))
    return Brought(
        networks=models,
        datasets=samples,
        custom_objects=objects,
        recipe=recipe.read(Path(recipe_file) if recipe_file else None),
        digests={place: _hashed(place) for place in places},
    )


def own_experiment(
    selection: Selection,
    own: Own,
    network: str,
    dataset: str,
    backend: str,
    seed: int,
) -> Experiment:
    """Return the experiment of a network on own data, or on what is generated for it."""
    generated = dataset == GENERATED
    trains = BACKENDS[backend].keras and BACKENDS[backend].trains
    batch_size = selection.batch_size or BATCH_SIZE
    epochs = selection.epochs or EPOCHS
    train, test = GENERATED_SAMPLES if generated else (None, None)
    overrides = [
        f"{epochs} epochs" if epochs != EPOCHS else "",
        f"batches of {batch_size}" if batch_size != BATCH_SIZE else "",
        f"{selection.samples:,} samples" if selection.samples else "",
    ]
    return Experiment(
        architecture=network,
        dataset=dataset,
        backend=backend,
        seed=seed,
        profile=PROFILE,
        synthetic=generated,
        epochs=epochs if trains else 0,
        batch_size=batch_size,
        optimizer="",
        metrics=(),
        train_samples=selection.samples or train,
        test_samples=test,
        overrides=", ".join(filter(None, overrides)),
        own=own,
    )


def _hashed(place: Place) -> Digest:
    try:
        return digest(place)
    except OSError as error:
        raise PlaceError(f"{error.filename or place.shown}: {error.strerror}") from None


def _of_suite(network: str) -> str:
    """Return what a network or a baseline of the suite is, for the fingerprint."""
    what = f"{source.digest(network)}, revision {registry.revision(network)}"
    if baseline := registry.BASELINES_BY_NAME.get(network):
        most = " ".join(f"{kind}={number}" for kind, number in baseline.samples.items() if number)
        return f"{what}, at most {most}" if most else what
    return f"{what}, {RECIPES[registry.find(network).modality].optimizer}"


def _network(text: str) -> Place:
    return find(text, suffixes=(NETWORK_FILE,), example="build")


def _data(text: str) -> Place:
    path = Path(text).expanduser()
    if path.is_dir():
        return Place(path=str(path.resolve()), folder=str(path.resolve().parent))
    return find(text, suffixes=(DATA_FILE,), example="load")


def _objects(text: str) -> Place:
    """Return a whole module: ``objects.py`` or ``package.module``."""
    return find(text if ":" in text else f"{text}:{WHOLE}", example=WHOLE)


def _named(places: "map[Place]") -> Iterator[tuple[str, Place]]:
    """Yield places with their names, which must differ."""
    seen: dict[str, Place] = {}
    for place in places:
        name = name_of(place)
        if name in seen and seen[name] != place:
            raise PlaceError(
                f"{seen[name].path} and {place.path} would both be called {name}: start from a "
                "folder above both, or rename one"
            )
        if name not in seen:
            seen[name] = place
            yield name, place
