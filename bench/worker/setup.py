"""Makes a fresh process one of its backend: nothing else is found in it, nothing else computes."""

import contextlib
import importlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.abc import MetaPathFinder
from typing import Any

from bench import backends
from bench.experiment import Experiment
from bench.outcome import reason_of
from bench.protocol import FOLDER, KERAS_BACKEND
from datasets.fetch import KERAS_HOME

import_cpu_seconds: float | None = None
"""What `import_keras` took, the backend's own import with it."""


class _Hidden(MetaPathFinder):
    """Finds no package of the given names, whatever is installed."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname in self._names:
            raise ModuleNotFoundError(f"{fullname} is hidden from this process", name=fullname)


def hide_others(backend: str) -> None:
    """Make every other backend look uninstalled to this process, which has not imported Keras yet.

    Keras imports TensorFlow wherever it finds it (`keras.utils.set_random_seed` does, on any
    backend), which costs a JAX process seconds and hundreds of megabytes that are not JAX's.
    """
    imports = {name for each in backends.BACKENDS if each.keras for name in each.imports}
    names = frozenset(imports - {*backends.BY_NAME[backend].imports, "numpy"} | {"torch"})
    sys.meta_path.insert(0, _Hidden(names))


def admit_keras() -> None:
    """Let a process of no backend import Keras, on one that is installed: the user's code may."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Hidden)]
    found = *backends.installed(trains=False), *backends.installed()
    os.environ[KERAS_BACKEND] = found[-1]  # JAX takes least time, where it is installed
    import_keras()


def import_keras() -> None:
    """Import Keras without what it takes along only to draw, and to read what nobody passes it.

    That is a third of the time and of the memory; once Keras is there, everybody may import them.
    """
    global import_cpu_seconds
    start = time.process_time()
    hidden = _Hidden(frozenset({"matplotlib", "pandas", "sklearn"}))
    sys.meta_path.insert(0, hidden)
    try:
        with without_configuration():
            importlib.import_module("keras")
    finally:
        sys.meta_path.remove(hidden)
    import_cpu_seconds = time.process_time() - start


@contextlib.contextmanager
def without_configuration() -> Iterator[None]:
    """Let Keras, imported meanwhile, find nobody's ``keras.json``; it writes one as it imports.

    What it finds there changes weights (``floatx``), what networks mean (``image_data_format``) or
    how far they train, and no record would tell.
    """
    before = os.environ.get(KERAS_HOME)
    folder = os.environ.get(FOLDER)
    with tempfile.TemporaryDirectory(
        prefix="keras-bench-run-", dir=folder, ignore_cleanup_errors=True
    ) as home:
        os.environ[KERAS_HOME] = home
        try:
            yield
        finally:
            os.environ.pop(KERAS_HOME)
            if before is not None:
                os.environ[KERAS_HOME] = before


def device(backend: str) -> str:
    """Return what the backend computes on: ``cpu``, or the accelerator's name.

    Initialises the backend, so it is for the worker alone.
    """
    if backend not in ("jax", "tensorflow"):
        return "cpu"
    if backend == "jax":
        import jax

        return str(jax.devices()[0].device_kind)
    import tensorflow

    accelerators = tensorflow.config.get_visible_devices("GPU")
    if not accelerators:
        return "cpu"
    details = tensorflow.config.experimental.get_device_details(accelerators[0])
    return str(details.get("device_name", "gpu"))


def missing_device(backend: str) -> str | None:
    """Return why a backend has nothing to compute on, None if it has: JAX fails without a word."""
    try:
        device(backend)
    except Exception as error:
        asked = os.environ.get("JAX_PLATFORMS")
        why = f"JAX_PLATFORMS={asked} asks for what is not here" if asked else reason_of(error)
        return f"{backend} finds no device to compute on: {why}"
    return None


def begin(experiment: Experiment) -> None:
    """Make this process, which has imported Keras, one of an experiment: precision and seed."""
    import keras

    compute_in(experiment.backend, experiment.precision)
    if experiment.precision != "auto":
        keras.config.set_dtype_policy(experiment.precision)
    keras.utils.set_random_seed(experiment.seed)


def compute_in(backend: str, precision: str) -> None:
    """Make a backend compute in ``float32`` or ``float64``; ``auto`` leaves it alone.

    Before its first computation. JAX has no float64 unless told so. Products of float32 are taken
    with fewer bits where the device is faster so: TensorFloat-32 (10 bits after the point) on
    NVIDIA's GPUs since Ampere, bfloat16 by OpenVINO on processors that have it; Keras has no
    setting for that.
    """
    if "jax" in backends.BY_NAME[backend].imports:
        import jax

        update: Any = jax.config.update
        if precision == "float64":
            update("jax_enable_x64", True)
        if precision == "float32":
            update("jax_default_matmul_precision", "float32")
    if precision == "float32" and backend == "tensorflow":
        import tensorflow

        tensorflow.config.experimental.enable_tensor_float_32_execution(False)
    if precision == "float32" and backend == "openvino":
        import openvino

        compile_model = openvino.compile_model

        def compile_in_float32(*arguments: Any, **options: Any) -> Any:
            config = {"INFERENCE_PRECISION_HINT": "f32", **options.pop("config", {})}
            return compile_model(*arguments, config=config, **options)

        openvino.compile_model = compile_in_float32


def keep_to_cpu(backend: str) -> None:
    """Hide accelerators from a backend. Before its first computation."""
    if "jax" in backends.BY_NAME[backend].imports:
        import jax

        update: Any = jax.config.update
        update("jax_platforms", "cpu")
    if backend == "tensorflow":
        import tensorflow

        tensorflow.config.set_visible_devices([], "GPU")
