"""What a record says of a network, and the network itself."""

import keras

from architectures import registry
from architectures.layers import check_budget, layers
from bench.experiment import Experiment
from datasets import registry as datasets
from reports.schema.record import Layer, Network


def build(experiment: Experiment) -> keras.Model:
    """Return an experiment's network, built anew for the shape and classes of its data."""
    return registry.find(experiment.architecture).build(*_data(experiment))


def describe(experiment: Experiment, model: keras.Model) -> Network:
    """Return what a record says of a network. Raises `architectures.layers.BudgetError`."""
    architecture, rows = registry.find(experiment.architecture), layers(model)
    scale = architecture.scale(*_data(experiment))
    return Network(
        parameters=check_budget(architecture.name, rows, scale),
        budget_reference=scale.budget_reference if scale else None,
        budget=scale.budget if scale else None,
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


def _data(experiment: Experiment) -> tuple[tuple[int, ...], int]:
    """Return the shape of a sample and the number of classes."""
    dataset = datasets.find(experiment.dataset)
    encoding = registry.find(experiment.architecture).encoding
    return dataset.encodings[encoding].shape, len(dataset.classes)
