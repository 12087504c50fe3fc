"""How the steps of an epoch are executed: the settings of a run that must not change its results.

`default` is plain `keras.Model.fit`. `tuned` is the fastest of the others for a kind of network on
a backend, as measured; the rest are single settings to compare with.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One way to execute an epoch."""

    name: str
    program: Literal["fit", "epoch", "step"] = "fit"
    """``fit``: `keras.Model.fit` on arrays of the host. ``epoch``: the data stay on the device and
    one program loops over all steps. ``step``: the data stay on the device, one program a step."""
    jit_compile: bool | Literal["auto"] = "auto"
    """For `keras.Model.compile`. On TensorFlow, XLA draws other dropout masks from one seed."""
    steps_per_execution: int = 1
    """Likewise."""


EXECUTIONS = (
    Execution(name="default"),
    Execution(name="epoch", program="epoch"),
    Execution(name="step", program="step"),
    Execution(name="jit", jit_compile=True),
    Execution(name="nojit", jit_compile=False),
    Execution(name="multistep", steps_per_execution=32),
)
"""Plain `fit` and single settings to compare with it."""

BY_NAME = {execution.name: execution for execution in EXECUTIONS}

TUNED = "tuned"
NAMES = (*BY_NAME, TUNED)
"""All that an experiment may ask for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A row of the table behind ``tuned``; CONTRIBUTING tells how to measure it anew."""

    backend: str
    kinds: tuple[str, ...]
    execution: str
    measured: str
    """What justified it."""


CHOICES = (
    # Three runs each, two shared cores of an AMD EPYC, profile smoke with 4 epochs: how many times
    # as fast as plain fit (docs/speed.md). Whole epochs of convolutions on JAX: one run.
    Choice(
        backend="tensorflow",
        kinds=("mlp", "cnn", "rnn"),
        execution="epoch",
        measured="2.4 to 4.5 (mlp), 1.0 to 2.4 (cnn), 1.0 to 1.2 (rnn)",
    ),
    Choice(
        backend="jax",
        kinds=("mlp", "rnn"),
        execution="epoch",
        measured="1.1 to 2.2 (mlp), 0.9 to 1.2 (rnn)",
    ),
    Choice(
        backend="jax",
        kinds=("cnn",),
        execution="step",
        measured="1.0 in each; a whole epoch 0.1 to 0.6",
    ),
)


def resolve(name: str, *, backend: str, kind: str) -> Execution:
    """Return what a name means for a kind of network on a backend."""
    if name != TUNED:
        return BY_NAME[name]
    return next(
        (BY_NAME[c.execution] for c in CHOICES if c.backend == backend and kind in c.kinds),
        BY_NAME["default"],
    )
