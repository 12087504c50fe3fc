"""What a record says of a network, and the network itself."""

import keras

from architectures import registry
from architectures.layers import budget, check_budget, layers
from architectures.spec import Architecture
from bench.experiment import Experiment
from datasets import registry as datasets
from reports.schema.record import Layer, Network


def build(experiment: Experiment) -> tuple[Architecture, keras.Model]:
    """Return an experiment's network, built anew for the shape and classes of its data."""
    architecture = registry.find(experiment.architecture)
    dataset = datasets.find(experiment.dataset)
    shape = dataset.encodings[architecture.encoding].shape
    return architecture, architecture.build(shape, len(dataset.classes))


def describe(architecture: Architecture, model: keras.Model) -> Network:
    """Return what a record says of a network. Raises `architectures.layers.BudgetError`."""
    rows, interval = layers(model), budget(architecture, model)
    return Network(
        parameters=check_budget(architecture, rows, interval),
        budget_reference=architecture.budget_reference if interval else None,
        budget=interval,
        revision=architecture.revision,
        input_shape=tuple(model.input_shape),
        layers=tuple(
            Layer(
                name=row.name,
                type=row.type,
                output_shape=row.output_shape,
                parameters=row.parameters,
            )
            for row in rows
        ),
    )
