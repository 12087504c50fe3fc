"""Environment variables of the frameworks: which reach a worker, and what each may change.

A worker gets an environment that is built, not inherited: a variable that somebody set last year
for something else must not change results without a trace. Names and meanings: the frameworks'
documentation of their flags, tried with Keras 3.15, TensorFlow 2.21 and JAX 0.10.
"""

import hashlib
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from bench.backends import BY_NAME, SHARED_THREADS
from datasets.spec import CACHE_DIR, DATA_DIR

Effect = Literal["none", "speed", "numbers", "unknown", "removed"]
"""``speed``: recorded, and times of unlike ones are not compared. ``numbers``: of the fingerprint,
too; an unknown one is taken for such. ``removed``: no worker gets it."""

PREFIXES: Mapping[str, tuple[str, ...]] = {
    "tensorflow": ("TF_", "XLA_"),
    "jax": ("JAX_", "XLA_", "PJRT_"),
    "numpy": ("JAX_", "XLA_", "PJRT_", "OPENBLAS_", "MKL_"),  # its convolutions are JAX's
    "openvino": ("OV_", "OPENVINO_"),
    "sklearn": ("OPENBLAS_", "MKL_"),
}
"""Whose variables a backend reads, by name; those of others are left alone."""

PATTERNS: Mapping[Effect, tuple[str, ...]] = {
    "none": (
        "KERAS_HOME",  # its configuration is not read, see `bench.worker.setup`
        *("TF_CPP_*", "TF_PY_*LOG*", "TF_ENABLE_DEPRECATION_WARNINGS"),
        *("JAX_LOG*", "JAX_DEBUG_LOG_MODULES", "JAX_TRACEBACK_*", "JAX_EXPLAIN_*", "JAX_DUMP_*"),
        *("OPENVINO_LOG_LEVEL", "OPENVINO_*DIR*"),
        *("KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK"),  # set by scikit-learn when it is imported
        # Of Terraform, which has the same prefix.
        *("TF_VAR_*", "TF_CLI_*", "TF_TOKEN_*", "TF_LOG*", "TF_INPUT", "TF_DATA_DIR"),
        *("TF_WORKSPACE", "TF_IN_AUTOMATION", "TF_PLUGIN_CACHE_*", "TF_REATTACH_PROVIDERS"),
    ),
    # Keras' limits cut a training short; backend and precision are set for each worker.
    "removed": ("KERAS_*", "JAX_DEFAULT_MATMUL_PRECISION"),
    "speed": (
        *("OMP_*", "GOMP_*", "KMP_*", "MKL_*THREADS", "MKL_DYNAMIC", "OPENBLAS_*THREADS"),
        *("OPENBLAS_L2_SIZE", "GOTO_NUM_THREADS", "BLIS_NUM_THREADS"),
        *("TF_NUM_*_THREADS", "PJRT_NPROC"),
        *("CUDA_VISIBLE_DEVICES", "JAX_*_VISIBLE_DEVICES", "JAX_PLATFORMS", "JAX_PLATFORM_NAME"),
        *("TF_GPU_*", "TF_FORCE_GPU_ALLOW_GROWTH", "XLA_PYTHON_*"),
        *("JAX_*COMPILATION_CACHE*", "JAX_PERSISTENT_CACHE_*"),
        *("MALLOC_*", "GLIBC_TUNABLES", "LD_PRELOAD"),
    ),
    "numbers": (
        *("XLA_FLAGS", "TF_XLA_FLAGS", "TF_ENABLE_*", "TF_DISABLE_*", "TF_CUDNN_*"),
        *("TF_*DETERMINISTIC*", "JAX_ENABLE_*", "JAX_DEFAULT_*", "JAX_NUMPY_*", "JAX_DISABLE_JIT"),
        *("JAX_THREEFRY_*", "JAX_DEBUG_*", "JAX_RANDOM_*"),
        *("OPENBLAS_CORETYPE", "MKL_*", "ONEDNN_*", "DNNL_*", "NPY_DISABLE_CPU_FEATURES"),
        *("NVIDIA_TF32_OVERRIDE", "CUBLAS_WORKSPACE_CONFIG", "CUDNN_*"),
    ),
}
"""What the variables change whose names match: the first that fits."""
FOLDERS = (CACHE_DIR, DATA_DIR, "KERAS_HOME")
"""What they name is meant from where the user is; a worker runs in the checkout."""


def effect(name: str, backend: str) -> Effect:
    """Return what an environment variable may change on a backend."""
    if name in SHARED_THREADS:
        return "speed"
    foreign = {prefix for prefixes in PREFIXES.values() for prefix in prefixes}
    if name.startswith(tuple(foreign - {*PREFIXES[backend]})):
        return "none"
    if name.startswith("KERAS_") and not BY_NAME[backend].keras:
        return "none"
    for changed, patterns in PATTERNS.items():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            return changed
    return "unknown" if name.startswith(PREFIXES[backend]) else "none"


def passed(environ: Mapping[str, str], backend: str) -> dict[str, str]:
    """Return what a worker gets of an environment, names of `FOLDERS` in full."""
    return {
        name: str(Path(value).resolve()) if name in FOLDERS and value else value
        for name, value in environ.items()
        if effect(name, backend) != "removed"
    }


def recorded(environ: Mapping[str, str], backend: str) -> dict[str, str]:
    """Return what a record keeps of an environment: whatever may change speed or numbers."""
    return _shown(environ, backend, ("speed", "numbers", "unknown"))


def fingerprinted(environ: Mapping[str, str], backend: str) -> str:
    """Return what may change numbers, in one line; empty where nothing does."""
    numbers = _shown(environ, backend, ("numbers", "unknown"))
    return " ".join(f"{name}={value}" for name, value in numbers.items())


def notices(environ: Mapping[str, str], backends: Iterable[str]) -> list[str]:
    """Return a line for each variable that the user should know of."""
    lines = {}
    for backend in backends:
        for name in environ:
            changed = effect(name, backend)
            if changed == "removed" and name != "KERAS_BACKEND":
                lines[name] = f"{name} is kept from the experiments: it would change what they do"
            elif changed == "numbers":
                lines[name] = f"{name} may change numbers: runs with it are kept apart"
            elif changed == "unknown":
                lines[name] = (
                    f"{name} is not known here: it is passed on, and taken for one that changes "
                    "numbers"
                )
    return [lines[name] for name in sorted(lines)]


def _shown(environ: Mapping[str, str], backend: str, effects: tuple[Effect, ...]) -> dict[str, str]:
    """Return variables in order; the value of an unknown one, which may be a secret, as a hash."""
    shown = {}
    for name in sorted(environ):
        changed = effect(name, backend)
        if changed in effects:
            value = environ[name]
            hidden = f"sha256:{hashlib.sha256(value.encode(errors='replace')).hexdigest()[:8]}"
            shown[name] = hidden if changed == "unknown" else value
    return shown
