"""What all pages share: the engine and the choice, which outlive every page."""

from dataclasses import dataclass, replace
from typing import Any

from bench.experiment import Experiment
from datasets import registry as datasets
from datasets.spec import Dataset
from studio.charts import COLORS
from studio.choice import Choice, networks_of
from studio.engine import Engine, Run


@dataclass(slots=True)
class Desk:
    """One user's work, in however many browser tabs."""

    engine: Engine
    choice: Choice

    @property
    def dataset(self) -> Dataset:
        """The chosen data set."""
        return datasets.find(self.choice.dataset)

    @property
    def runs(self) -> list[Run]:
        """What is known of each active network by this choice, in the order of the registry."""
        return [self.engine.run(self.choice.experiment(name)) for name in self.active]

    @property
    def active(self) -> list[str]:
        """Active networks, in the order of the registry."""
        return [n.name for n in networks_of(self.dataset) if n.name in self.choice.networks]

    @property
    def colors(self) -> dict[str, str]:
        """Colour of each network of the data set."""
        names = [network.name for network in networks_of(self.dataset)]
        return {name: COLORS[place % len(COLORS)] for place, name in enumerate(names)}

    def experiment(self) -> Experiment:
        """Return an experiment of the choice, for what is the same for all its networks."""
        return self.choice.experiment(networks_of(self.dataset)[0].name)

    def change(self, **changes: Any) -> None:
        """Choose otherwise. Raises `bench.plan.PlanError`, with the choice as it was."""
        wanted = replace(self.choice, **changes)
        for name in networks_of(datasets.find(wanted.dataset)):
            wanted.experiment(name.name)
        self.choice = wanted
        self.engine.changed()

    def turn_to(self, dataset: str, *, embedded: bool) -> None:
        """Choose other data, with their usual recipe; what runs goes on."""
        self.choice = self.choice.on(dataset, embedded=embedded)
        self.engine.changed()
