"""Whether a backend computes what the others do: one network with given weights, measured.

Weights come from NumPy, dropout is off, batches and their order are the same everywhere. All that
is asked of Keras is public: predictions, losses, one step of plain gradient descent, and a short
training.
"""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import msgspec
import numpy as np

from bench import backends, machine
from bench.experiment import Experiment
from bench.outcome import header, now
from bench.protocol import Paths, Progress
from bench.worker import environment, scoring, setup, workload
from bench.worker.structure import Structure, take
from bench.worker.training import Training
from bench.worker.workload import Workload
from reports.schema.record import Check, Compared, History, Quantity, finite
from reports.schema.writing import whole_file

STEP = 2.0**20
"""Learning rate of the step that shows the gradients. A power of two, so that nothing is rounded by
it, and so large that what is rounded in ``weight - rate * gradient`` is the gradient's last bit."""
CONFIDENT = 1000.0
"""Factor of the last layer's kernel for logits in the tens or hundreds: where a loss on clipped
probabilities is another function than one on logits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The largest errors, relative to the reference, that still count as equal."""

    outputs: float
    loss: float
    gradient: float
    curve: float


BOUNDS = {
    "float32": Bounds(outputs=5e-6, loss=5e-6, gradient=5e-5, curve=1e-3),
    "float64": Bounds(outputs=1e-12, loss=2e-7, gradient=1e-11, curve=1e-5),
    "auto": Bounds(outputs=2e-2, loss=2e-2, gradient=2e-2, curve=2e-2),
}
"""By precision. A float32 has 24 bits, 6e-8; sums over thousands of terms lose some more, and
training carries differences along. A bfloat16, which ``auto`` may mean, has 8 bits. In float64
Keras itself still takes means on JAX, and powers of Adam's betas on TensorFlow, in float32."""

FLOAT32_INSIDE = ("LSTM", "GRU", "SimpleRNN", "Normalization")
"""Ends of the names of layers that Keras does not compute in float64 throughout, whatever the
policy: tanh on JAX, the statistics of normalisations."""
SINGLE = Bounds(outputs=1e-6, loss=1e-6, gradient=1e-6, curve=1e-4)
"""For networks with such layers in float64."""

BOUND_BY = {"confident": "loss", "layer": "outputs"}
"""Quantities that are judged by the bound of another."""
NEGLIGIBLE = 1e-2
"""Share of all gradients together below which an error counts against that share: the gradient of a
bias before a normalisation is 0, but for rounding."""
TAPPED = 2
"""Samples of which every layer of an own network is looked at."""

Arrays = dict[str, np.ndarray]


def run(
    experiment: Experiment,
    report: Callable[[Progress], None],
    paths: Paths | None = None,
) -> Compared:
    """Measure a network on a backend; write the arrays, or check them against those written.

    ``paths.reference`` holds the arrays of a float64 run, ``paths.arrays`` is where to write.
    """
    paths = paths or Paths()
    started_at, load_average = now(), machine.load_average()
    if experiment.task == "reference":
        # What others are held against; on a GPU, Keras' LSTM does not compile in float64 (JAX).
        setup.keep_to_cpu(experiment.backend)
    setup.compute_in(experiment.backend, experiment.precision)
    policy = "float64" if experiment.precision == "float64" else "float32"
    keras.config.set_floatx(policy)
    keras.config.set_dtype_policy(policy)
    variables = dict(os.environ)
    built = workload.of(experiment, compiled=False)
    model = built.model
    arrays, history = observe(built, experiment, report)
    if paths.arrays:
        with whole_file(Path(paths.arrays)) as stream:
            np.savez(stream, allow_pickle=False, **arrays)
    checks: tuple[Check, ...] = ()
    if paths.reference:
        with np.load(paths.reference, allow_pickle=False) as reference:
            checks = compare(arrays, dict(reference), bounds_of(experiment, model))
    provenance = scoring.provenance(experiment, built.data, variables)
    return Compared(
        **header(experiment, started_at=started_at, provenance=provenance),
        data=built.data,
        history=history,
        checks=checks,
        environment=environment.collect(
            experiment.backend,
            dtype_policy=model.dtype_policy.name,
            jit_compile=getattr(model, "jit_compile", None),
            rewrites=built.rewrites,
            load_average=load_average,
        ),
    )


def bounds_of(experiment: Experiment, model: keras.Model) -> Bounds:
    """Return the bounds of a comparison, by what the network's operations can do."""
    inside = any(type(layer).__name__.endswith(FLOAT32_INSIDE) for layer in model.layers)
    if inside and experiment.precision == "float64":
        return SINGLE
    return BOUNDS[experiment.precision]


def observe(
    built: Workload, experiment: Experiment, report: Callable[[Progress], None]
) -> tuple[Arrays, History | None]:
    """Return outputs and, of a backend that trains, losses, gradients and a short training."""
    model = built.model
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    weights = draw(model)
    if experiment.own:
        _draw_frozen(model)
    x = take(built.x_train, slice(experiment.batch_size))
    assign(model, weights)
    outputs = _named("outputs", model.predict_on_batch(x))
    if experiment.own:
        outputs |= _layers(model, take(x, slice(TAPPED)))
    if not backends.BY_NAME[experiment.backend].trains:
        return outputs, None
    if built.own_step:  # what a step does, only its author knows
        curve, history = _short_training(built, experiment, weights, report)
        return outputs | curve, history
    steps = _step(built, weights, x, take(built.y_train, slice(experiment.batch_size)))
    curve, history = _short_training(built, experiment, weights, report)
    return outputs | steps | curve, history


def _step(built: Workload, weights: list[np.ndarray], x: Structure, y: Structure) -> Arrays:
    """Return the loss of a batch, the gradient of each weight, and the loss of sure predictions."""
    model = built.model
    built.compile(keras.optimizers.SGD(STEP))
    arrays: Arrays = {"loss": np.asarray(_loss(model.train_on_batch(x, y)))}
    for place, (variable, before) in enumerate(
        zip(model.trainable_variables, weights, strict=True)
    ):
        after = keras.ops.convert_to_numpy(variable.value)
        name = "/".join(variable.path.split("/")[-2:])
        arrays[f"gradient {place} {name}"] = (before.astype(after.dtype) - after) / STEP
    if not built.logits:
        return arrays
    kernel = max(place for place, weight in enumerate(weights) if weight.ndim > 1)
    assign(model, [w * CONFIDENT if i == kernel else w for i, w in enumerate(weights)])
    arrays["confident"] = np.asarray(_loss(model.test_on_batch(x, y)))
    return arrays


def _named(quantity: str, values: Structure) -> Arrays:
    """Return one array by the name of its quantity, several by numbers, too."""
    arrays = [np.asarray(each) for each in keras.tree.flatten(values)]
    if len(arrays) == 1:
        return {quantity: arrays[0]}
    return {f"{quantity} {place}": array for place, array in enumerate(arrays)}


def _layers(model: keras.Model, x: Structure) -> Arrays:
    """Return what each layer of a functional model gives, in their order; of another nothing."""
    if not getattr(model, "inputs", None):
        return {}
    tapped = {}
    for layer in model.layers:
        with contextlib.suppress(AttributeError, ValueError):  # called never, or several times
            if not isinstance(layer, keras.layers.InputLayer | keras.Model):
                tapped[layer.name] = keras.tree.flatten(layer.output)[0]
    try:
        tap = keras.Model(model.inputs, list(tapped.values()))
    except ValueError:  # of models in the model, whose layers are not connected with its inputs
        return {}
    values = tap.predict_on_batch(x)
    values = values if isinstance(values, list | tuple) else [values]
    return {f"layer {n}": np.asarray(v) for n, v in zip(tapped, values, strict=True)}


def _loss(scores: object) -> object:
    """Return the loss, which comes first where there are metrics, too."""
    return scores[0] if isinstance(scores, list | tuple) else scores


def _short_training(
    built: Workload,
    experiment: Experiment,
    weights: list[np.ndarray],
    report: Callable[[Progress], None],
) -> tuple[Arrays, History]:
    """Return the losses of each epoch, as arrays and as a history."""
    assign(built.model, weights)
    built.compile(None)
    state = Training(built, experiment, report, Paths()).run()
    arrays: Arrays = {}
    for phase, epochs in (("training", state.train), ("validation", state.validation)):
        for number, scores in enumerate(epochs, 1):
            arrays[f"curve {phase} loss, epoch {number}"] = np.asarray(scores["loss"])
    return arrays, History(
        train={"loss": finite(scores["loss"] for scores in state.train)},
        validation={"loss": finite(scores["loss"] for scores in state.validation)},
    )


def draw(model: keras.Model) -> list[np.ndarray]:
    """Return float32 values for the trainable weights, from NumPy.

    Kernels have Glorot's spread; embeddings are of size 1 and biases of 0.1, factors of
    normalisations near 1, so that every part of the network matters.
    """
    random = np.random.default_rng(0)
    weights = []
    for variable in model.trainable_variables:
        shape = tuple(variable.shape)
        spread = 1.0 if variable.name == "embeddings" else 0.1
        if variable.name.endswith("kernel"):
            spread = np.sqrt(2 / (np.prod(shape[:-1]) + shape[-1]))
        middle = 1.0 if variable.name == "gamma" else 0.0  # of a normalisation
        weights.append((middle + spread * random.standard_normal(shape)).astype(np.float32))
    return weights


def _draw_frozen(model: keras.Model) -> None:
    """Give weights that are not trained, statistics apart, the same values on every backend."""
    random = np.random.default_rng(1)
    for variable in model.non_trainable_variables:
        if str(variable.dtype).startswith("float") and not variable.name.startswith("moving"):
            spread = 1 / np.sqrt(max(1, variable.shape[0] if variable.shape else 1))
            variable.assign(spread * random.standard_normal(tuple(variable.shape)))


def assign(model: keras.Model, weights: list[np.ndarray]) -> None:
    """Give the model its trainable weights."""
    for variable, weight in zip(model.trainable_variables, weights, strict=True):
        variable.assign(weight)


def compare(arrays: Arrays, reference: Arrays, bounds: Bounds) -> tuple[Check, ...]:
    """Return the error of every array against its reference, and its bound."""
    checks = []
    all_gradients = float(
        np.sqrt(sum(np.sum(a**2) for n, a in reference.items() if n.startswith("gradient")))
    )
    for name, values in arrays.items():
        quantity, _, tensor = name.partition(" ")
        bound = getattr(bounds, BOUND_BY.get(quantity, quantity))
        least = NEGLIGIBLE * all_gradients if quantity == "gradient" else 0.0
        if quantity == "gradient":
            tensor = tensor.partition(" ")[2]
        checks.append(
            Check(
                quantity=msgspec.convert(quantity, Quantity),
                tensor=tensor or None,
                error=finite([relative_error(values, reference[name], least)])[0],
                bound=bound,
            )
        )
    return tuple(checks)


def relative_error(values: np.ndarray, reference: np.ndarray, least: float = 0.0) -> float:
    """Return the Euclidean norm of the difference over that of the reference; 0 for 0 against 0.

    A reference that is smaller than ``least`` is taken for as large.
    """
    if values.shape != reference.shape:
        return float("inf")
    difference = float(np.linalg.norm(values.astype(np.float64) - reference))
    size = max(least, float(np.linalg.norm(reference.astype(np.float64))))
    if size == 0:
        return 0.0 if difference == 0 else float("inf")
    return difference / size
