"""What the user has chosen, and the experiments that it means."""

from dataclasses import dataclass, replace
from typing import Self

from architectures.registry import ARCHITECTURES
from architectures.spec import Architecture
from bench.backends import installed
from bench.compatibility import accepts
from bench.experiment import Experiment
from bench.own.planning import is_network
from bench.own.spec import BATCH_SIZE, EPOCHS, GENERATED
from bench.plan import plan_trainings
from bench.profiles import PROFILES, RECIPES
from bench.selection import NO_BACKEND, PlanError, Selection
from datasets import registry as datasets
from datasets.spec import Dataset
from reports.schema.metrics import recordable

PROFILE = {True: "smoke", False: "quick"}
"""By whether the data are synthetic: where samples and usual epochs come from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFiles:
    """What the user brought: networks, as ``file.py:build``, and their data."""

    networks: tuple[str, ...] = ()
    data: str = GENERATED
    """As ``file.py:load``; or what fits is generated."""
    recipe: str | None = None
    custom_objects: str | None = None


NOTHING = UserFiles()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Everything that is chosen on the page; a new one for every change."""

    dataset: str
    """Of the suite; or the user's own, as `UserFiles.data`."""
    synthetic: bool
    """Synthetic data instead of the real files."""
    networks: tuple[str, ...]
    """The active ones."""
    backend: str
    seed: int = 0
    epochs: int
    batch_size: int
    metrics: tuple[str, ...]
    execution: str = "default"
    user: UserFiles = NOTHING

    @classmethod
    def usual(
        cls,
        dataset: str,
        *,
        synthetic: bool,
        backend: str | None = None,
        user: UserFiles = NOTHING,
    ) -> Self:
        """Return the recipe of a data set with all its networks.

        Raises `bench.selection.PlanError` where no backend is installed.
        """
        backends = installed()
        if not backends:
            raise PlanError(NO_BACKEND)
        backend = backend or backends[-1]
        if dataset not in datasets.BY_NAME:
            return cls(
                dataset=dataset,
                synthetic=dataset == GENERATED,
                networks=user.networks,
                backend=backend,
                epochs=EPOCHS,
                batch_size=BATCH_SIZE,
                metrics=(),
                user=user,
            )
        chosen = datasets.find(dataset)
        recipe = RECIPES[chosen.modality]
        return cls(
            dataset=chosen.name,
            synthetic=synthetic,
            networks=tuple(network.name for network in networks_of(chosen)),
            backend=backend,
            user=user,
            epochs=PROFILES[PROFILE[synthetic]].epochs[chosen.modality],
            batch_size=recipe.batch_size,
            metrics=tuple(
                name for name in recipe.metrics if name in recordable(len(chosen.classes))
            ),
        )

    def on(self, dataset: str, *, synthetic: bool) -> Self:
        """Return the usual choice for other data, with what is not about data kept."""
        usual = self.usual(dataset, synthetic=synthetic, backend=self.backend, user=self.user)
        return replace(usual, seed=self.seed, execution=self.execution)

    @property
    def suite_dataset(self) -> Dataset | None:
        """The data set, where it is one of the suite's."""
        return datasets.BY_NAME.get(self.dataset)

    @property
    def available(self) -> tuple[str, ...]:
        """Networks that there are for the data: the suite's, then the user's own.

        On data of the user's those of the suite that were named with them.
        """
        if self.suite_dataset is None:
            return self.user.networks
        suite = (network.name for network in networks_of(self.suite_dataset))
        return (*suite, *filter(is_network, self.user.networks))

    def experiment(self, network: str) -> Experiment:
        """Return what training a network means. Raises `bench.selection.PlanError`."""
        own = is_network(network) or not self.suite_dataset
        (experiment,) = plan_trainings(
            Selection(
                profile=PROFILE[self.synthetic],
                backends=(self.backend,),
                networks=(network,),
                datasets=() if self.dataset == GENERATED else (self.dataset,),
                recipe=self.user.recipe if own else None,
                custom_objects=self.user.custom_objects if own else None,
                seeds=range(self.seed, self.seed + 1),
                epochs=self.epochs,
                batch_size=self.batch_size,
                executions=(self.execution,),
                metrics=() if own else self.metrics,
            )
        )
        return experiment


def networks_of(dataset: Dataset) -> tuple[Architecture, ...]:
    """Return the networks that are for a data set, in the order of the registry."""
    return tuple(network for network in ARCHITECTURES if accepts(network, dataset))
