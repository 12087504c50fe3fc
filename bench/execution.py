"""How the steps of an epoch are executed: the settings of a run that must not change its results.

`default` is plain `keras.Model.fit`. `tuned` is the fastest combination for a kind of network on a
backend, as measured; the rest are single settings to compare with.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
    rewrites: tuple[str, ...] = ()
    """Of layers (`bench.worker.rewrites`), names of `REWRITES`."""


REWRITES: Mapping[str, tuple[str, ...]] = {"pool": ("jax",), "lstm": ("jax",)}
"""Rewrites of layers, and the backends that they are for."""


EXECUTIONS = (
    Execution(name="default"),
    Execution(name="epoch", program="epoch"),
    Execution(name="step", program="step"),
    Execution(name="jit", jit_compile=True),
    Execution(name="nojit", jit_compile=False),
    Execution(name="multistep", steps_per_execution=32),
    *(Execution(name=name, rewrites=(name,)) for name in REWRITES),
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
    rewrites: tuple[str, ...] = ()
    measured: str
    """What justified it."""


CHOICES = (
    # Three runs each, two shared cores of an AMD EPYC, profile smoke with 4 epochs: how many times
    # as fast as plain fit (docs/speed.md). Whole epochs of convolutions on JAX: one run.
    Choice(
        backend="tensorflow",
        kinds=("mlp", "cnn", "rnn", "own"),
        execution="epoch",
        measured="2.4 to 4.5 (mlp), 1.0 to 2.4 (cnn), 1.0 to 1.2 (rnn)",
    ),
    Choice(
        backend="jax",
        kinds=("mlp",),
        execution="epoch",
        measured="1.1 to 2.2",
    ),
    Choice(
        backend="jax",
        kinds=("rnn",),
        execution="epoch",
        rewrites=("lstm",),
        measured="without the rewrite 0.9 to 1.2; with it 1.2 (sequential_rnn)",
    ),
    Choice(
        backend="jax",
        kinds=("cnn",),
        execution="step",
        rewrites=("pool",),
        measured="1.0 without the rewrite, 0.1 to 0.6 as an epoch; with it 2.1 (image_cnn)",
    ),
    Choice(
        backend="jax",
        kinds=("own",),
        execution="step",
        rewrites=("pool", "lstm"),
        measured="what no kind is much slower with; `python -m bench advise` finds the best",
    ),
)


def resolve(name: str, *, backend: str, kind: str) -> Execution:
    """Return what a name means for a kind of network on a backend; rewrites of others are none."""
    if name != TUNED:
        found = BY_NAME[name]
        mine = tuple(each for each in found.rewrites if backend in REWRITES[each])
        return replace(found, rewrites=mine)
    for choice in CHOICES:
        if choice.backend == backend and kind in choice.kinds:
            # Named without them: records say which were in force, and results are the same.
            return replace(BY_NAME[choice.execution], rewrites=choice.rewrites)
    return BY_NAME["default"]


def possible(name: str, backend: str) -> bool:
    """Return whether an execution has anything to do on a backend that trains."""
    return name == TUNED or all(backend in REWRITES[r] for r in BY_NAME[name].rewrites)
