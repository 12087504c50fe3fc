"""The operations of a step: counted from layers as they are in the program that JAX makes."""

from dataclasses import replace

import pytest

from architectures.registry import ARCHITECTURES
from bench import backends
from bench.executors.process import Runner
from reports import operations
from reports.schema.record import Described
from tests.builders import planned

pytestmark = pytest.mark.skipif("jax" not in backends.installed(), reason="JAX is not installed")


@pytest.mark.parametrize("network", [each.name for each in ARCHITECTURES])
def test_layers_and_program_say_the_same(runner: Runner, network: str) -> None:
    (experiment,) = planned(profile="smoke", backends=["jax"], networks=[network])
    record = runner.run(replace(experiment, task="count"))
    assert isinstance(record, Described), record
    of_layers = operations.of(
        record.network, batch_size=experiment.batch_size, optimizer=experiment.optimizer
    )
    assert of_layers
    assert record.network.step_flops == pytest.approx(
        of_layers.flops, rel=2e-3
    )  # the edges of a convolution
