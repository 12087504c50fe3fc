"""The workload of a network or data that the user brought, the other of theirs or of the suite."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from architectures import registry
from bench.execution import Execution
from bench.experiment import Experiment, execution_of
from bench.outcome import reason_of
from bench.own.spec import GENERATED, GENERATED_SAMPLES, Own
from bench.worker import scoring
from bench.worker.own import code, encoding, generated, suite_network
from bench.worker.own import data as own_data
from bench.worker.own import model as own_model
from bench.worker.own.classes import classes_of
from bench.worker.own.code import OwnError
from bench.worker.own.data import Samples
from bench.worker.own.model import Loaded
from bench.worker.rewrites import rewritten
from bench.worker.structure import Structure, count, leaves, take, tensors
from bench.worker.workload import Workload
from datasets import registry as datasets
from datasets.spec import Dataset
from reports.schema.record import Data, Layer, Network


def of(experiment: Experiment) -> Workload:
    """Return such a workload, compiled. Raises `OwnError`, `DataError`."""
    own = experiment.own
    assert own
    check_all(own)
    clock = time.perf_counter()
    brought = own_model.load(own.network, own.custom_objects) if own.network else None
    code.settle([place for place in (own.network, own.custom_objects) if place and place.attribute])
    build_seconds = time.perf_counter() - clock

    clock = time.perf_counter()
    if brought:
        samples, data = _samples(experiment, own, brought)
    else:
        samples, data = _encoded(experiment, own)
    data_seconds = time.perf_counter() - clock

    clock = time.perf_counter()
    loaded = brought or suite_network.load(experiment, samples)
    check_inputs(loaded.model, samples.x_train, loaded.shown)
    _build(own, loaded.model, samples.x_train)
    compiling, told = own_model.arguments(own, loaded, samples.y_train)
    execution, aside = own_model.in_force(loaded.model, compiling, execution_of(experiment))
    model, rewrites, kept = _rewritten(loaded, execution.rewrites)
    remarks = [told, aside, kept, own_model.caveat(loaded.model, compiling["loss"])]
    compile_again = _compiler(model, own, loaded, samples, execution)
    compile_again(None)
    build_seconds += time.perf_counter() - clock
    classes = classes_of(model, compiling["loss"], samples)
    return Workload(
        model=model,
        compile=compile_again,
        x_train=samples.x_train,
        y_train=samples.y_train,
        x_test=samples.x_test,
        y_test=samples.y_test,
        true=classes.true if classes else None,
        logits=bool(classes and classes.logits),
        predictor=model,
        probabilities=classes.probabilities if classes else np.asarray,
        metrics=None,
        data=replace(data, classes=classes.names if classes else ()),
        network=describe(model, 1 if own.network else registry.revision(experiment.architecture)),
        execution=execution,
        rewrites=rewrites,
        own_step=any(own_model.is_own(model, name) for name in own_model.TRAINING),
        remarks=tuple(filter(None, remarks)),
        data_seconds=data_seconds,
        build_seconds=build_seconds,
    )


def check_all(own: Own) -> None:
    """Raise `OwnError` where anything is another than when the run was planned; no clock runs."""
    if own.network:
        code.check(own.network, own.network_digest)
    if own.custom_objects and own.custom_objects_digest:
        code.check(own.custom_objects, own.custom_objects_digest)
    if own.data and own.data_digest:
        code.check(own.data, own.data_digest)


def _rewritten(
    loaded: Loaded, names: tuple[str, ...]
) -> tuple[keras.Model, tuple[str, ...], str | None]:
    """Return a model with rewritten layers, which they are, and why there are none if so."""
    try:
        with keras.saving.custom_object_scope(dict(loaded.objects)):
            return *rewritten(loaded.model, names), None
    except Exception as error:  # of whatever it takes to clone the user's layers
        return loaded.model, (), f"no layers are rewritten: {reason_of(error)[:300]}"


def _compiler(
    model: keras.Model, own: Own, loaded: Loaded, samples: Samples, execution: Execution
) -> Callable[[keras.optimizers.Optimizer | None], None]:
    """Return what compiles a model as its recipe says, or with another optimizer."""

    def compile_again(optimizer: keras.optimizers.Optimizer | None) -> None:
        if own_model.is_own(model, "compile"):
            return  # how, only its author knows
        new, _ = own_model.arguments(own, loaded, samples.y_train)
        _compile(model, new | ({"optimizer": optimizer} if optimizer else {}), execution)

    return compile_again


def _compile(model: keras.Model, arguments: dict[str, Any], execution: Execution) -> None:
    if execution.jit_compile != "auto":
        arguments = {**arguments, "jit_compile": execution.jit_compile}
    if execution.steps_per_execution != 1:
        arguments = {**arguments, "steps_per_execution": execution.steps_per_execution}
    try:
        model.compile(**arguments)
    except Exception as error:
        raise OwnError(f"the model cannot be compiled: {error}") from None


def _build(own: Own, model: keras.Model, x_train: Structure) -> None:
    """Give a model its weights that gets them only when it is called. Raises `OwnError`."""
    if model.built and model.weights:
        return
    one = take(x_train, slice(1))
    code.guarded(own.places[0], lambda: model(one), "calling the model on one sample")


def _samples(experiment: Experiment, own: Own, loaded: Loaded) -> tuple[Samples, Data]:
    """Return what a network of the user's takes: data of theirs or of the suite, or generated."""
    if experiment.dataset in datasets.BY_NAME:
        return _of_suite(experiment, datasets.find(experiment.dataset), loaded)
    if own.data:
        inputs = [tuple(tensor.shape[1:]) for tensor in tensors(loaded.model, "inputs")]
        return cut(experiment, own_data.read(own.data, inputs))
    assert experiment.dataset == GENERATED
    train, test = GENERATED_SAMPLES
    made = generated.samples(
        loaded.model,
        loaded.shown,
        train=experiment.train_samples or train,
        test=experiment.test_samples or test,
    )
    return cut(experiment, made)


def _encoded(experiment: Experiment, own: Own) -> tuple[Samples, Data]:
    """Return data of the user's as a network of the suite takes them."""
    assert own.data
    name, shown = experiment.architecture, own.data.shown
    whole = own_data.read(own.data, [encoding.PICTURE])
    whole = replace(whole, classes=encoding.classes(name, whole, shown))
    samples, data = cut(experiment, whole)
    return encoding.encoded(encoding.taker(name), samples, shown), data


def cut(experiment: Experiment, whole: Samples) -> tuple[Samples, Data]:
    """Return as many samples as are wanted, and what a record says of them."""
    samples = whole.cut(experiment.train_samples, experiment.test_samples)
    data = Data(
        synthetic=experiment.synthetic,
        checksum=samples.checksum,
        classes=samples.classes,
        train_samples=count(samples.x_train),
        test_samples=count(samples.x_test),
        whole_train_samples=count(whole.x_train),
        target_accuracies=(),
    )
    return samples, data


def _of_suite(experiment: Experiment, dataset: Dataset, loaded: Loaded) -> tuple[Samples, Data]:
    """Return one of the suite's data sets in the encoding that the model takes."""
    inputs = tensors(loaded.model, "inputs")
    wanted = tuple(inputs[0].shape[1:]) if len(inputs) == 1 else None
    for name, form in dataset.encodings.items():
        for shape in (form.shape, (*form.shape, 1)):
            if wanted is not None and _fits(wanted, shape):
                split, data = scoring.arrays(experiment, name)
                samples = Samples(
                    x_train=split.x_train.reshape(-1, *shape),
                    y_train=split.y_train,
                    x_test=split.x_test.reshape(-1, *shape),
                    y_test=split.y_test,
                    classes=dataset.classes,
                )
                return samples, data
    shapes = ", ".join(str((None, *each.shape)) for each in dataset.encodings.values())
    takes = ", ".join(str(tuple(each.shape)) for each in inputs) or "it does not tell what"
    raise OwnError(f"{loaded.shown} takes {takes}; {dataset.name} comes as {shapes}")


def check_inputs(model: keras.Model, x: Structure, shown: str) -> None:
    """Raise `OwnError` where samples do not fit a model's inputs, saying which."""
    inputs = getattr(model, "inputs", None)
    if not inputs:
        return
    if isinstance(x, dict):
        names = [tensor.name for tensor in inputs]
        if missing := [name for name in names if name not in x]:
            raise OwnError(
                f"{shown} has inputs {', '.join(names)}; the data have {', '.join(map(str, x))}: "
                f"{', '.join(missing)} is missing"
            )
        arrays = [x[name] for name in names]
    else:
        arrays = leaves(x)
    if len(arrays) != len(inputs):
        raise OwnError(f"{shown} has {len(inputs)} inputs; the data have {len(arrays)}")
    for tensor, array in zip(inputs, arrays, strict=True):
        if not _fits(tuple(tensor.shape[1:]), array.shape[1:]):
            raise OwnError(
                f"{shown}, input {tensor.name!r}: expected {tuple(tensor.shape)}, received "
                f"{array.shape}"
            )


def _fits(expected: tuple[int | None, ...], shape: tuple[int, ...]) -> bool:
    if shape == () and expected == (1,):
        return True  # Keras takes a column for one number a sample
    return len(expected) == len(shape) and all(
        want in (None, got) for want, got in zip(expected, shape, strict=True)
    )


def describe(model: keras.Model, revision: int) -> Network:
    """Return what a record says of a network on own data, or of an own one: it has no budget."""
    inputs = tensors(model, "inputs")
    return Network(
        parameters=sum(math.prod(weight.shape) for weight in model.trainable_weights),
        budget_reference=None,
        budget=None,
        revision=revision,
        input_shape=tuple(inputs[0].shape) if len(inputs) == 1 else None,
        layers=tuple(
            Layer(
                name=layer.name,
                type=type(layer).__name__,
                output_shape=_output_shape(layer),
                parameters=sum(math.prod(weight.shape) for weight in layer.trainable_weights),
            )
            for layer in model.layers
        ),
    )


def _output_shape(layer: keras.layers.Layer) -> tuple[int | None, ...]:
    """Return the shape of a layer's first output; empty where it does not tell."""
    try:
        first = keras.tree.flatten(layer.output)[0]
    except (AttributeError, ValueError, IndexError):
        return ()
    return tuple(first.shape)
