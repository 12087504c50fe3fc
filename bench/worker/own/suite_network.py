"""Networks of the suite, built for data of the user's."""

import keras

from architectures import registry
from bench.experiment import Experiment
from bench.profiles import RECIPES
from bench.worker.own.data import Samples
from bench.worker.own.model import Loaded


def load(experiment: Experiment, samples: Samples) -> Loaded:
    """Return a network of the registry, built for encoded samples in the widths of the study."""
    network = registry.find(experiment.architecture)
    keras.utils.set_random_seed(experiment.seed)  # the user's code may have set another meanwhile
    shape, classes = samples.x_train.shape[1:], len(samples.classes)
    coloured = len(shape) > len(network.least_shape)
    grey = network.build(shape[:2] if coloured else shape, classes, scaled=False)
    return Loaded(
        model=_of_colours(grey, shape, rows=network.kind == "rnn") if coloured else grey,
        shown=network.name,
        objects={},
        compiled={},
        loss=None,
        optimizer=RECIPES[network.modality].optimizer,
    )


def _of_colours(grey: keras.Sequential, shape: tuple[int, ...], *, rows: bool) -> keras.Sequential:
    """Return a network for pictures ``(height, width, channels)`` with the layers of a grey one's.

    What gives those an axis of one channel is left out; ``rows`` are read with their channels in
    one.
    """
    height, width, channels = shape
    start = [keras.layers.Reshape((height, width * channels))] if rows else []
    layers = [
        type(layer).from_config(layer.get_config())
        for layer in grey.layers
        if not isinstance(layer, keras.layers.Reshape)
    ]
    return keras.Sequential([keras.Input(shape), *start, *layers], name=grey.name)
