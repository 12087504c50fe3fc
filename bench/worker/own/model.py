"""The user's model: built or read, and compiled by its own recipe, theirs or a usual one."""

import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from bench.execution import BY_NAME, Execution
from bench.outcome import reason_of
from bench.own.place import Place
from bench.own.spec import Own
from bench.worker.own import code, saved
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
    shown: str
    """How people know it."""
    objects: Mapping[str, Any]
    """The user's classes and functions, by name."""
    compiled: Mapping[str, Any]
    """What the model was compiled with, as Keras writes it down, the loss apart; empty: it was
    not."""
    loss: Any
    """What it was compiled with, too."""
    optimizer: str = "adam"
    """Where it was not, and no recipe names one."""


def load(place: Place, custom_objects: Place | None) -> Loaded:
    """Return the user's model. Raises `OwnError`."""
    objects: dict[str, Any] = {}
    with saved.without_jit_setting():  # a function may read a file, too
        if custom_objects:
            objects = code.names(code.load(custom_objects))
        if place.attribute:
            function = code.load(place)
            model = code.call(place, function)
            objects |= dict(getattr(function, "__globals__", {}))
        else:
            model = saved.load(place, objects, named=custom_objects is not None)
    if not isinstance(model, keras.Model):
        raise OwnError(f"{place.shown} returned {type(model).__name__}; expected a keras.Model")
    return Loaded(
        model=model,
        shown=place.shown,
        objects={name: value for name, value in objects.items() if callable(value)},
        compiled=_written(model, place.shown),
        loss=getattr(model, "loss", None),
    )


def _written(model: keras.Model, shown: str) -> dict[str, Any]:
    if not getattr(model, "compiled", False) or is_own(model, "compile"):
        return {}
    try:
        config: dict[str, Any] = model.get_compile_config()
    except Exception as error:
        raise OwnError(
            f"{shown}: what it is compiled with cannot be written down: {error}"
        ) from None
    config.pop("loss", None)  # which has no state: it is used as it is
    return config


def forgotten(compiled: Mapping[str, Any]) -> str | None:
    """Return which settings of the user's optimizer and metrics were lost in making them anew.

    What `get_config` leaves out has its default again, and no error tells.
    """
    told = []
    for each in keras.tree.flatten(dict(compiled)):
        kind = type(each)
        if not isinstance(each, keras.Metric | keras.Optimizer) or _is_of_keras(kind):
            continue
        if any("from_config" in vars(base) for base in kind.__mro__ if not _is_of_keras(base)):
            continue  # its author knows how
        named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        wanted = inspect.signature(kind).parameters.values()
        lost = {p.name for p in wanted if p.kind in named} - each.get_config().keys()
        if lost:
            told.append(
                f"{kind.__name__} is made anew for every run with its default for "
                f"{', '.join(sorted(lost))}: its get_config leaves that out"
            )
    return "; ".join(told) or None


def _is_of_keras(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "keras"


def arguments(own: Own, loaded: Loaded, y_train: Structure) -> tuple[dict[str, Any], str | None]:
    """Return what to give to `keras.Model.compile`, made anew, and a remark on it.

    The recipe's table, what the model was compiled with, or what fits its outputs and targets.
    """
    model = loaded.model
    if is_own(model, "compile"):
        return {"loss": getattr(model, "loss", None)}, None  # only its author knows how
    given = _given(own)
    if loaded.compiled:
        try:
            with keras.saving.custom_object_scope(dict(loaded.objects)):
                config = keras.saving.deserialize_keras_object(dict(loaded.compiled))
        except Exception as error:
            raise OwnError(
                f"{loaded.shown}: its optimizer or metrics cannot be made anew, as every run "
                f"needs them: {reason_of(error)[:300]}"
            ) from None
        return {"loss": loaded.loss} | config | given, forgotten(config)
    if not own.network:  # its last layer gives logits, and knows no other loss
        given = {name: value for name, value in given.items() if name == "optimizer"}
    given = {"optimizer": loaded.optimizer} | given
    if "loss" in given:
        return given, None
    usual = usual_recipe(model, y_train, loaded.shown) | given
    optimizer = getattr(usual["optimizer"], "name", usual["optimizer"])
    what = "it was not compiled" if own.network else "of the suite"
    return usual, f"{what}: trained with {optimizer} and {describe(usual['loss'])}"


def _given(own: Own) -> dict[str, Any]:
    """Return what the recipe's table says, the optimizer made."""
    given: dict[str, Any] = json.loads(own.compiling) if own.compiling else {}
    optimizer = given.get("optimizer")
    if optimizer is None:
        return given
    named = optimizer if isinstance(optimizer, dict) else {"name": optimizer}
    settings = {name: value for name, value in named.items() if name != "name"}
    try:
        made = keras.optimizers.get({"class_name": named["name"], "config": settings})
    except Exception as error:
        reason = reason_of(error)[:300]
        raise OwnError(f"recipe: no optimizer can be made of {named}: {reason}") from None
    return given | {"optimizer": made}


def usual_recipe(model: keras.Model, y: Structure, shown: str) -> dict[str, Any]:
    """Return loss and metrics that fit one output and its targets. Raises `OwnError`."""
    output = tensors(model, "outputs")
    if len(output) != 1 or not isinstance(y, np.ndarray):
        what = f"has {len(output)} outputs" if output else "does not tell its outputs"
        raise OwnError(
            f"{shown} {what} and is not compiled: compile it in the function, or give a loss in "
            "--recipe"
        )
    logits, units = final_activation(model) not in PROBABILITIES, output[0].shape[-1]
    whole, losses = bool((y % 1 == 0).all()), keras.losses
    if units == 1 and y.size == len(y) and set(np.unique(y)) <= {0, 1}:
        accuracy = keras.metrics.BinaryAccuracy("accuracy", threshold=0.0 if logits else 0.5)
        loss = losses.BinaryCrossentropy(from_logits=logits)
    elif units > 1 and y.size == len(y) and whole:
        accuracy = keras.metrics.SparseCategoricalAccuracy("accuracy")
        loss = losses.SparseCategoricalCrossentropy(from_logits=logits)
    elif units > 1 and y.shape[1:] == (units,) and bool((y.sum(axis=1) == 1).all()):
        accuracy = keras.metrics.CategoricalAccuracy("accuracy")
        loss = losses.CategoricalCrossentropy(from_logits=logits)
    elif y.size == len(y) * units:
        return {"loss": losses.MeanSquaredError(), "metrics": ["mae"]}
    else:
        raise OwnError(
            f"{shown} is not compiled, and no usual loss fits its output {tuple(output[0].shape)} "
            f"and targets {y.shape}: compile it in the function, or give a loss in --recipe"
        )
    return {"loss": loss, "metrics": [accuracy]}


def describe(loss: Any) -> str:
    """Return a loss for people."""
    return str(getattr(loss, "name", None) or getattr(loss, "__name__", None) or loss)


def final_activation(model: keras.Model) -> str | None:
    """Return the name of the activation of a model's one output, as far as it tells."""
    operations = getattr(model, "operations", None) or getattr(model, "layers", [])
    if not operations:
        return None
    last = operations[-1]
    if isinstance(last, keras.Model):
        return final_activation(last)
    if (name := type(last).__name__.lower()) in PROBABILITIES:  # a layer, or an operation
        return name
    return getattr(getattr(last, "activation", None), "__name__", None)


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


def in_force(
    model: keras.Model, compiling: Mapping[str, Any], wanted: Execution
) -> tuple[Execution, str | None]:
    """Return the execution that a model can have, and what to know of it.

    ``compiling``: arguments of `keras.Model.compile`.
    """
    if getattr(compiling.get("optimizer"), "use_ema", False):
        return BY_NAME["default"], (
            "its optimizer averages the weights (use_ema), which Keras takes over at the end of a "
            "fit: here that is each epoch, in every execution"
        )
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
