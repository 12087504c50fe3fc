"""A process is made one of its backend, in the precision that is asked for."""

import os
import subprocess
import sys

import pytest

from bench import backends
from tests.builders import ROOT

EXACT = {
    "jax": "import jax; print(jax.config.jax_default_matmul_precision == 'float32')",
    "tensorflow": (
        "import tensorflow as tf; "
        "print(not tf.config.experimental.tensor_float_32_execution_enabled())"
    ),
}
ON_CPU = {
    "jax": "import jax; print(jax.config.jax_platforms == jax.default_backend() == 'cpu')",
    "tensorflow": "print(hidden == [([], 'GPU')])",
}
TRAINERS = backends.installed()


def printed(backend: str, *statements: str) -> str:
    """Return what a process of a backend prints that has computed nothing yet."""
    code = "; ".join(["from bench.worker import setup", *statements])
    environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("backend", TRAINERS)
def test_float32_is_no_tensor_float_32(backend: str) -> None:
    """What a graphics processor would take for float32 is switched off, and only if asked."""
    asked = f"setup.compute_in({backend!r}, 'float32')"
    assert printed(backend, asked, EXACT[backend]) == "True"
    left_alone = f"setup.compute_in({backend!r}, 'mixed_bfloat16')"
    assert printed(backend, left_alone, EXACT[backend]) == "False"


@pytest.mark.parametrize("backend", TRAINERS)
def test_the_reference_keeps_to_the_cpu(backend: str) -> None:
    spied = "import tensorflow as tf; hidden = []"
    spy = "tf.config.set_visible_devices = lambda *arguments: hidden.append(arguments)"
    before = [spied, spy] if backend == "tensorflow" else []
    asked = f"setup.keep_to_cpu({backend!r})"
    assert printed(backend, *before, asked, ON_CPU[backend]) == "True"
