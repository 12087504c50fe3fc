"""Layers that are computed another way: same weights, same names, same results, less time.

Each rewrite is a file of its own by its name, with its mathematics, its conditions and what it
gained, and a function ``rewrite``. That makes a layer anew as a subclass of Keras' own, of the same
name; where its conditions fail, the layer stays. `bench.execution` says which rewrites an execution
has, and on which backends they are.
"""

import importlib
from collections.abc import Callable, Sequence

import keras

Rewrite = Callable[[keras.layers.Layer], keras.layers.Layer | None]
"""Returns a layer, not yet built, in the place of another; None where that is to stay."""


def rewritten(model: keras.Model, names: Sequence[str]) -> tuple[keras.Model, tuple[str, ...]]:
    """Return a model with rewritten layers, and which they are: ``pool: max_pooling1d``.

    Its weights and the states of its random generators have the values of the model's. Where there
    is nothing to rewrite, it is the model itself.
    """
    found: list[str] = []
    # Only where they are asked for: they import JAX.
    rewrites: dict[str, Rewrite] = {
        name: importlib.import_module(f"{__name__}.{name}").rewrite for name in names
    }

    def replaced(layer: keras.layers.Layer) -> keras.layers.Layer:
        for name, rewrite in rewrites.items():
            if new := rewrite(layer):
                found.append(f"{name}: {layer.name}")
                return new
        return type(layer).from_config(layer.get_config())

    # Cloning asks more of a model than training does: it is done where it is worth something.
    if not any(rewrite(layer) for layer in model.layers for rewrite in rewrites.values()):
        return model, ()
    clone = keras.models.clone_model(model, clone_function=replaced)
    for new, old in zip(clone.variables, model.variables, strict=True):
        new.assign(old)
    return clone, tuple(found)
