"""The user's model: built or read, and compiled by its own recipe, theirs or a usual one."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from bench.execution import BY_NAME, Execution
from bench.own.spec import Own
from bench.worker.own import code
from bench.worker.own.code import OwnError
from bench.worker.structure import Structure, tensors

TRAINING = ("train_step", "compile", "fit")
"""Methods that an execution other than plain `fit` would go past."""
PROBABILITIES = ("softmax", "sigmoid")
"""Activations after which a loss gets probabilities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A model with what Keras may have to look up to compile it anew."""

    model: keras.Model
    objects: Mapping[str, Any]
    """The user's classes and functions, by name."""
    compiled: Mapping[str, Any]
    """What the model was compiled with, as Keras writes it down; empty: it was not."""


def load(own: Own) -> Loaded:
    """Return the user's model. Raises `OwnError`."""
    objects: dict[str, Any] = {}
    if own.custom_objects:
        code.check(own.custom_objects, own.custom_objects_digest or "")
        objects = code.names(code.load(own.custom_objects))
    code.check(own.network, own.network_digest)
    if own.network.attribute:
        function = code.load(own.network)
        model = code.call(own.network, function)
        objects |= dict(getattr(function, "__globals__", {}))
    else:
        model = _saved(own, objects)
    if not isinstance(model, keras.Model):
        raise OwnError(
            f"{own.network.shown} returned {type(model).__name__}; expected a keras.Model"
        )
    return Loaded(
        model=model,
        objects={name: value for name, value in objects.items() if callable(value)},
        compiled=_written(own, model),
    )


def _written(own: Own, model: keras.Model) -> dict[str, Any]:
    if not getattr(model, "compiled", False) or is_own(model, "compile"):
        return {}
    try:
        config: dict[str, Any] = model.get_compile_config()
    except Exception as error:
        raise OwnError(
            f"{own.network.shown}: what it is compiled with cannot be written down: {error}"
        ) from None
    config.pop("jit_compile", None)  # resolved for this process; an execution has its own
    return config


def _saved(own: Own, objects: dict[str, Any]) -> keras.Model:
    path = own.network.path
    if not zipfile.is_zipfile(path):
        raise OwnError(f"{own.network.shown} is no .keras file")
    try:
        return keras.saving.load_model(path, custom_objects=objects, safe_mode=True)
    except Exception as error:
        first = str(error).strip().splitlines()[0][:300] if str(error).strip() else ""
        hint = "" if own.custom_objects else "; --custom-objects module.py names its own classes"
        raise OwnError(
            f"{own.network.shown} cannot be loaded: {type(error).__name__}: {first}{hint}"
        ) from None


def arguments(own: Own, loaded: Loaded, y_train: Structure) -> tuple[dict[str, Any], str | None]:
    """Return what to give to `keras.Model.compile`, made anew, and a remark on it.

    The recipe's table, what the model was compiled with, or what fits its outputs and targets.
    """
    model = loaded.model
    if is_own(model, "compile"):
        return {"loss": getattr(model, "loss", None)}, None  # only its author knows how
    given: dict[str, Any] = json.loads(own.compiling) if own.compiling else {}
    if isinstance(optimizer := given.get("optimizer"), dict):
        name = optimizer.pop("name")
        given["optimizer"] = keras.optimizers.get({"class_name": name, "config": optimizer})
    if loaded.compiled:
        try:
            with keras.saving.custom_object_scope(dict(loaded.objects)):
                config = keras.saving.deserialize_keras_object(dict(loaded.compiled))
        except Exception as error:
            raise OwnError(
                f"{own.network.shown}: what it is compiled with cannot be made anew: {error}"
            ) from None
        return config | given, None
    if "loss" in given:
        return {"optimizer": "adam"} | given, None
    usual = usual_recipe(model, y_train, own.network.shown)
    told = f"it was not compiled: trained with {usual['optimizer']} and {describe(usual['loss'])}"
    return usual | given, told


def usual_recipe(model: keras.Model, y: Structure, shown: str) -> dict[str, Any]:
    """Return optimizer, loss and metrics that fit one output and its targets."""
    output = tensors(model, "outputs")
    if len(output) != 1 or not isinstance(y, np.ndarray):
        raise OwnError(
            f"{shown} has several outputs and is not compiled: compile it in the function, or give "
            "a loss for each output in --recipe"
        )
    logits, units = final_activation(model) not in PROBABILITIES, output[0].shape[-1]
    whole = y.dtype.kind in "iu"
    losses = keras.losses
    if units == 1 and whole and set(np.unique(y)) <= {0, 1}:
        accuracy = keras.metrics.BinaryAccuracy("accuracy", threshold=0.0 if logits else 0.5)
        loss = losses.BinaryCrossentropy(from_logits=logits)
    elif units > 1 and whole and y.size == len(y):
        accuracy = keras.metrics.SparseCategoricalAccuracy("accuracy")
        loss = losses.SparseCategoricalCrossentropy(from_logits=logits)
    elif units > 1 and y.ndim == 2 and bool((y.sum(axis=1) == 1).all()):
        accuracy = keras.metrics.CategoricalAccuracy("accuracy")
        loss = losses.CategoricalCrossentropy(from_logits=logits)
    else:
        return {"optimizer": "adam", "loss": losses.MeanSquaredError(), "metrics": ["mae"]}
    return {"optimizer": "adam", "loss": loss, "metrics": [accuracy]}


def describe(loss: Any) -> str:
    """Return a loss for people."""
    return str(getattr(loss, "name", None) or getattr(loss, "__name__", None) or loss)


def final_activation(model: keras.Model) -> str | None:
    """Return the name of the activation of a model's one output, as far as its layers tell."""
    if not model.layers:
        return None
    last = model.layers[-1]
    if isinstance(last, keras.layers.Softmax):
        return "softmax"
    activation = getattr(last, "activation", None)
    return getattr(activation, "__name__", None)


def caveat(model: keras.Model, loss: Any) -> str | None:
    """Return what to know of a loss on probabilities, whose meaning depends on the backend."""
    activation = final_activation(model)
    name = describe(loss).lower()
    if activation not in PROBABILITIES or "crossentropy" not in name.replace("_", ""):
        return None
    if getattr(loss, "from_logits", False):
        return (
            f"its loss takes logits (from_logits=True), and its last layer ends in {activation}: "
            "one of them is a mistake"
        )
    return (
        f"{activation} before a cross-entropy: TensorFlow recovers the logits, other backends clip "
        "the probabilities, so sure predictions train differently; leave the activation out and "
        "give the loss from_logits=True"
    )


def in_force(model: keras.Model, wanted: Execution) -> tuple[Execution, str | None]:
    """Return the execution that a model can have, and why it is not the wanted one."""
    if wanted == BY_NAME["default"]:
        return wanted, None
    if own := ", ".join(name for name in TRAINING if is_own(model, name)):
        return BY_NAME["default"], f"it has its own {own}: plain fit instead of {wanted.name}"
    if wanted.rewrites and not is_functional(model):
        return replace(wanted, rewrites=()), "it is a subclass: no layers are rewritten"
    return wanted, None


def is_own(model: keras.Model, method: str) -> bool:
    """Return whether a model has a method of its own in the place of Keras'."""
    return getattr(type(model), method, None) is not getattr(keras.Model, method, None)


def is_functional(model: keras.Model) -> bool:
    """Return whether the layers of a model can be exchanged by `keras.models.clone_model`."""
    return isinstance(model, keras.Sequential) or type(model).__name__ == "Functional"
