"""The operations of a training step, counted in the program that JAX makes of it.

Products alone, as `reports.operations` counts them from layers: a multiplication and an addition
are two operations, and what a loop does counts as often as it is done, which the compiler's own
count gets wrong. What Keras computes is the same on every backend, so the count is, too.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import keras

from bench.experiment import Experiment
from bench.outcome import header, now
from bench.protocol import Paths, Progress
from bench.worker import workload
from bench.worker.programs import state_variables
from bench.worker.structure import Structure, take
from reports.schema.record import Described


def run(experiment: Experiment, report: Callable[[Progress], None], paths: Paths) -> Described:
    """Build a network and count the operations of its training step."""
    started_at = now()
    built = workload.of(experiment)
    flops = of_step(built.model, built.x_train, built.y_train, experiment.batch_size)
    return Described(
        **header(experiment, started_at=started_at),
        network=replace(built.network, step_flops=flops),
    )


def of_step(model: keras.Model, x: Structure, y: Structure, batch_size: int) -> int:
    """Return the operations of one training step of a compiled model, in a process of JAX."""
    import jax

    model.optimizer.build(model.trainable_variables)
    batch = take(x, slice(batch_size)), take(y, slice(batch_size))
    state = tuple([variable.value for variable in group] for group in state_variables(model))
    program = jax.make_jaxpr(model.train_step)(state, batch)
    return sum(_operations(program.jaxpr))


def _operations(jaxpr: Any) -> Iterator[int]:
    """Yield the operations of each product in a program and of what it calls."""
    for equation in jaxpr.eqns:
        name, params = equation.primitive.name, equation.params
        if name == "dot_general":
            yield _of_product(equation)
        elif name == "conv_general_dilated":
            yield _of_convolution(equation)
        elif name == "cond":
            yield max(sum(_operations(branch.jaxpr)) for branch in params["branches"])
        else:
            times = params["length"] if name == "scan" else 1
            for inner in _programs(params):
                yield times * sum(_operations(inner))


def _programs(params: dict[str, Any]) -> Iterator[Any]:
    """Yield the programs that an equation calls, opened."""
    for value in params.values():
        for each in value if isinstance(value, tuple | list) else [value]:
            inner = getattr(each, "jaxpr", each)
            if hasattr(inner, "eqns"):
                yield inner


def _of_product(equation: Any) -> int:
    left = equation.invars[0].aval.shape
    (contracted, _), _ = equation.params["dimension_numbers"]
    terms: int = math.prod(left[axis] for axis in contracted)
    out: int = math.prod(equation.outvars[0].aval.shape)
    return 2 * terms * out


def _of_convolution(equation: Any) -> int:
    """Each output is a sum over its kernel, but for the zeros put between a gradient's rows."""
    params = equation.params
    kernel = equation.invars[1].aval.shape
    out_axis = params["dimension_numbers"].rhs_spec[0]
    terms: int = math.prod(kernel) // kernel[out_axis]
    out: int = math.prod(equation.outvars[0].aval.shape)
    zeros: int = math.prod(params["lhs_dilation"])
    return 2 * terms * out // zeros
