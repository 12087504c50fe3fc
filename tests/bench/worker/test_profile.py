"""Where a training step's time goes, as the backends' own profilers tell."""

import subprocess
import sys

import pytest

from bench import backends
from tests.builders import ROOT

pytestmark = pytest.mark.skipif("jax" not in backends.installed(), reason="JAX reads the profiles")
EXPECTED = {"jax": "scatter", "tensorflow": "Conv2DBackpropFilter"}


@pytest.mark.parametrize("backend", backends.installed())
def test_what_takes_long_is_seen(backend: str) -> None:
    command = [sys.executable, "-m", "tools.profile_step", "image_cnn", backend]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    first, *rows = done.stdout.splitlines()
    assert first.startswith(f"image_cnn-fashion_mnist-{backend}-s0: ")
    assert any(EXPECTED[backend] in row for row in rows), done.stdout
