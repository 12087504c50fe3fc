"""Whether a backend computes what the others do: one network with given weights, measured.

Weights come from NumPy, dropout is off, batches and their order are the same everywhere. All that
is asked of Keras is public: predictions, losses, one step of plain gradient descent, and a short
training.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import msgspec
import numpy as np

from architectures import registry
from bench import backends, cell, environment, measure
from bench.experiment import Experiment, Files, Progress, now
from bench.store import whole_file
from datasets import load
from datasets import registry as datasets
from datasets.spec import Split
from reports.record import Check, History, Quantity, Record, finite

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

RECURRENT = Bounds(outputs=1e-6, loss=1e-6, gradient=1e-6, curve=1e-4)
"""For LSTMs in float64: on JAX, which computes the reference, Keras takes tanh in float32, too."""

Arrays = dict[str, np.ndarray]


def run(
    experiment: Experiment,
    report: Callable[[Progress], None],
    files: Files | None = None,
) -> Record:
    """Measure a network on a backend; write the arrays, or check them against those written.

    ``files.reference`` holds the arrays of a float64 run, ``files.arrays`` is where to write.
    """
    files = files or Files()
    started_at, load_average = now(), environment.load_average()
    backends.compute_in(experiment.backend, experiment.precision)
    policy = "float64" if experiment.precision == "float64" else "float32"
    keras.config.set_floatx(policy)
    keras.config.set_dtype_policy(policy)
    dataset = datasets.find(experiment.dataset)
    split, checksum = load.load(
        dataset,
        encoding=registry.find(experiment.architecture).encoding,
        embedded=experiment.embedded,
        train=experiment.train_samples,
        test=experiment.test_samples,
    )
    model = registry.find(experiment.architecture).build()
    found, history = observe(model, split, experiment, len(dataset.classes), report)
    if files.arrays:
        with whole_file(Path(files.arrays)) as stream:
            np.savez(stream, allow_pickle=False, **found)
    checks: tuple[Check, ...] = ()
    if files.reference:
        with np.load(files.reference, allow_pickle=False) as reference:
            checks = compare(found, dict(reference), bounds_of(experiment))
    return Record(
        **measure.success(experiment, split, checksum=checksum, started_at=started_at),
        history=history,
        checks=checks,
        environment=environment.collect(
            experiment.backend,
            device=backends.device(experiment.backend),
            dtype_policy=model.dtype_policy.name,
            jit_compile=getattr(model, "jit_compile", None),
            steps_per_execution=None,
            load_average=load_average,
            other_load=None,
        ),
    )


def bounds_of(experiment: Experiment) -> Bounds:
    """Return the bounds of a comparison."""
    recurrent = registry.find(experiment.architecture).kind == "rnn"
    if recurrent and experiment.precision == "float64":
        return RECURRENT
    return BOUNDS[experiment.precision]


def observe(
    model: keras.Model,
    split: Split[np.ndarray],
    experiment: Experiment,
    classes: int,
    report: Callable[[Progress], None],
) -> tuple[Arrays, History | None]:
    """Return outputs and, of a backend that trains, losses, gradients and a short training."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    weights = draw(model)
    x = split.x_train[: experiment.batch_size]
    y = cell.one_hot(split.y_train[: experiment.batch_size], classes)
    assign(model, weights)
    found: Arrays = {"outputs": np.asarray(model.predict_on_batch(x))}
    if not backends.BY_NAME[experiment.backend].trains:
        return found, None

    cell.compile_model(model, experiment, classes=classes)
    model.compile(optimizer=keras.optimizers.SGD(STEP), loss=model.loss)
    found["loss"] = np.asarray(model.train_on_batch(x, y))
    for place, (variable, before) in enumerate(
        zip(model.trainable_variables, weights, strict=True)
    ):
        after = keras.ops.convert_to_numpy(variable.value)
        name = "/".join(variable.path.split("/")[-2:])
        found[f"gradient {place} {name}"] = (before.astype(after.dtype) - after) / STEP
    kernel = max(place for place, weight in enumerate(weights) if weight.ndim > 1)
    assign(model, [w * CONFIDENT if i == kernel else w for i, w in enumerate(weights)])
    found["confident"] = np.asarray(model.test_on_batch(x, y))

    assign(model, weights)
    cell.compile_model(model, experiment, classes=classes)
    done = cell.train(model, split, experiment, classes, report, Files())
    for phase, epochs in (("training", done.train), ("validation", done.validation)):
        for number, scores in enumerate(epochs, 1):
            found[f"curve {phase} loss, epoch {number}"] = np.asarray(scores["loss"])
    return found, History(
        train={"loss": finite(scores["loss"] for scores in done.train)},
        validation={"loss": finite(scores["loss"] for scores in done.validation)},
    )


def draw(model: keras.Model) -> list[np.ndarray]:
    """Return float32 values for the trainable weights, from NumPy.

    Kernels have Glorot's spread; embeddings are of size 1 and biases of 0.1, so that every part of
    the network matters.
    """
    random = np.random.default_rng(0)
    weights = []
    for variable in model.trainable_variables:
        shape = tuple(variable.shape)
        spread = 1.0 if variable.name == "embeddings" else 0.1
        if variable.name.endswith("kernel"):
            spread = np.sqrt(2 / (np.prod(shape[:-1]) + shape[-1]))
        weights.append((spread * random.standard_normal(shape)).astype(np.float32))
    return weights


def assign(model: keras.Model, weights: list[np.ndarray]) -> None:
    """Give the model its trainable weights."""
    for variable, weight in zip(model.trainable_variables, weights, strict=True):
        variable.assign(weight)


def compare(found: Arrays, reference: Arrays, bounds: Bounds) -> tuple[Check, ...]:
    """Return the error of every array against its reference, and its bound."""
    checks = []
    for name, values in found.items():
        quantity, _, tensor = name.partition(" ")
        bound = bounds.loss if quantity == "confident" else getattr(bounds, quantity)
        if quantity == "gradient":
            tensor = tensor.partition(" ")[2]
        checks.append(
            Check(
                quantity=msgspec.convert(quantity, Quantity),
                tensor=tensor or None,
                error=finite([relative_error(values, reference[name])])[0],
                bound=bound,
            )
        )
    return tuple(checks)


def relative_error(values: np.ndarray, reference: np.ndarray) -> float:
    """Return the Euclidean norm of the difference over that of the reference; 0 for 0 against 0."""
    if values.shape != reference.shape:
        return float("inf")
    difference = float(np.linalg.norm(values.astype(np.float64) - reference))
    size = float(np.linalg.norm(reference.astype(np.float64)))
    if size == 0:
        return 0.0 if difference == 0 else float("inf")
    return difference / size
