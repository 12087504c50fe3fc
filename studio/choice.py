"""What the user has chosen, and the experiments that it means."""

from dataclasses import dataclass, replace
from typing import Self

from architectures.registry import ARCHITECTURES
from architectures.spec import Architecture
from bench.backends import installed
from bench.compatibility import accepts
from bench.experiment import Experiment
from bench.plan import plan
from bench.profiles import PROFILES, RECIPES
from bench.selection import NO_BACKEND, PlanError, Selection
from datasets import registry as datasets
from datasets.spec import Dataset
from reports.schema.metrics import recordable

PROFILE = {True: "smoke", False: "quick"}
"""By whether the data are synthetic: where samples and usual epochs come from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Everything that is chosen on the page; a new one for every change."""

    dataset: str
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

    @classmethod
    def usual(cls, dataset: str, *, synthetic: bool, backend: str | None = None) -> Self:
        """Return the recipe of a data set with all its networks.

        Raises `bench.selection.PlanError` where no backend is installed.
        """
        chosen = datasets.find(dataset)
        recipe = RECIPES[chosen.modality]
        backends = installed()
        if not backends:
            raise PlanError(NO_BACKEND)
        return cls(
            dataset=chosen.name,
            synthetic=synthetic,
            networks=tuple(network.name for network in networks_of(chosen)),
            backend=backend or backends[-1],
            epochs=PROFILES[PROFILE[synthetic]].epochs[chosen.modality],
            batch_size=recipe.batch_size,
            metrics=tuple(
                name for name in recipe.metrics if name in recordable(len(chosen.classes))
            ),
        )

    def on(self, dataset: str, *, synthetic: bool) -> Self:
        """Return the usual choice for other data, with what is not about data kept."""
        usual = self.usual(dataset, synthetic=synthetic, backend=self.backend)
        return replace(usual, seed=self.seed, execution=self.execution)

    def experiment(self, network: str) -> Experiment:
        """Return what training a network means. Raises `bench.selection.PlanError`."""
        (experiment,) = plan(
            Selection(
                profile=PROFILE[self.synthetic],
                backends=(self.backend,),
                networks=(network,),
                datasets=(self.dataset,),
                seeds=range(self.seed, self.seed + 1),
                epochs=self.epochs,
                batch_size=self.batch_size,
                executions=(self.execution,),
                metrics=self.metrics,
            )
        )
        return experiment


def networks_of(dataset: Dataset) -> tuple[Architecture, ...]:
    """Return the networks that are for a data set, in the order of the registry."""
    return tuple(network for network in ARCHITECTURES if accepts(network, dataset))
