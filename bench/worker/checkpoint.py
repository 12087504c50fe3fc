"""A training's whole state on disk, so that a stopped one goes on as if it had not been stopped."""

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np

from bench import training_state
from bench.training_state import TrainingState
from reports.schema.writing import whole_file


class StateError(Exception):
    """A model has state that Keras does not know of: it could not go on as if never stopped."""


def save(path: Path, model: keras.Model, state: TrainingState) -> None:
    """Write the state, whole or not at all. Raises `OSError`, and `StateError`."""
    if others := _other_optimizers(model):
        raise StateError(f"Keras does not track the state of {', '.join(others)}")
    arrays = {f"v{i}": np.asarray(value) for i, value in enumerate(_variables(model))}
    arrays[training_state.ARRAY] = training_state.encode(state)
    with whole_file(path) as stream:
        np.savez(stream, allow_pickle=False, **arrays)


def restore(path: Path, model: keras.Model) -> TrainingState:
    """Give the model the saved state and return what had been measured.

    Returns an empty state if nothing was saved. Raises `ValueError` if what was saved is damaged;
    the model is then as it was.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            state = training_state.decode(arrays[training_state.ARRAY])
            variables = _variables(model)
            values = [_typed(arrays[f"v{i}"], v) for i, v in enumerate(variables)]
            if [value.shape for value in values] != [tuple(v.shape) for v in variables]:
                raise ValueError("it is of another network")
    except (FileNotFoundError, NotADirectoryError):
        return TrainingState()
    except training_state.DAMAGE as error:
        raise ValueError(f"the checkpoint {path.name} is damaged: {error}") from None
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    return state


def _typed(value: np.ndarray, variable: keras.Variable) -> np.ndarray:
    """Return an array in its variable's type: of bfloat16, NumPy keeps the bytes alone."""
    return value.view(np.asarray(variable).dtype) if value.dtype.kind == "V" else value


def _other_optimizers(model: keras.Model) -> list[str]:
    """Return the names under which a model of the user's holds further optimizers."""
    return [
        name
        for name, value in vars(model).items()
        for one in _held(value)
        if isinstance(one, keras.optimizers.Optimizer) and one is not model.optimizer
    ]


def _held(value: object) -> list[object]:
    """Return a value, or those of a container."""
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else [value]


def _variables(model: keras.Model) -> list[keras.Variable]:
    """Return all state: weights, states of the random generators of dropout, the optimizer's."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]
