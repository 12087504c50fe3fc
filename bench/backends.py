"""The backends: what they are called, whether they are installed, what sizes their threads."""

import importlib.metadata
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """One Keras backend, or another library that classifies."""

    name: str
    """Value of ``KERAS_BACKEND`` and name of this project's extra."""
    keras: bool = True
    """Whether networks run on it; else baselines do."""
    trains: bool = True
    """Whether it has gradients; else it only predicts."""
    imports: tuple[str, ...]
    """Modules that it cannot do without."""
    distributions: tuple[str, ...]
    """Packages that may provide it, the usual one first."""
    compilers: tuple[str, ...] = ()
    """Packages that compile for it, of their own versions."""
    variables: Mapping[str, str]
    """Set for its processes where the user has not set them."""
    threads: tuple[str, ...]
    """Environment variables that size its thread pools."""
    sharing: Mapping[str, str] = field(default_factory=dict)
    """Set, likewise, where several of its processes may compute on one accelerator: the first would
    take most of its memory, or all."""


XLA = ("jaxlib", "jax-cuda12-plugin", "jax-cuda13-plugin")
"""JAX's: XLA for the CPU, and for GPUs."""

BACKENDS = (
    Backend(
        name="tensorflow",
        imports=("tensorflow",),
        distributions=("tensorflow", "tensorflow-cpu"),
        variables={"TF_CPP_MIN_LOG_LEVEL": "2"},
        threads=("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
        sharing={"TF_FORCE_GPU_ALLOW_GROWTH": "true"},
    ),
    Backend(
        name="jax",
        imports=("jax",),
        distributions=("jax",),
        compilers=XLA,
        variables={},
        threads=("PJRT_NPROC",),
        sharing={"XLA_PYTHON_CLIENT_PREALLOCATE": "false"},
    ),
    Backend(
        name="numpy",
        trains=False,
        imports=("numpy", "jax"),  # convolutions and pooling are JAX's
        distributions=("jax",),
        compilers=XLA,
        variables={},
        threads=("PJRT_NPROC",),
        sharing={"XLA_PYTHON_CLIENT_PREALLOCATE": "false"},
    ),
    Backend(
        name="openvino",
        trains=False,
        imports=("openvino",),
        distributions=("openvino",),
        variables={},
        threads=(),  # its threads follow the affinity
    ),
    Backend(
        name="sklearn",
        keras=False,
        imports=("sklearn",),
        distributions=("scikit-learn", "scipy"),
        # Waiting threads that spin made a fit fifty times as long beside one other process.
        variables={"OMP_WAIT_POLICY": "PASSIVE"},
        threads=(),
    ),
)

SHARED_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")

BY_NAME = {backend.name: backend for backend in BACKENDS}


def variables(backend: str, cores: int, *, shares: bool = False) -> dict[str, str]:
    """Return the environment variables of a backend's processes on so many cores.

    ``shares`` is whether other processes may compute on their device at the same time.
    """
    chosen = BY_NAME[backend]
    return {
        **chosen.variables,
        **(chosen.sharing if shares else {}),
        **dict.fromkeys((*chosen.threads, *SHARED_THREADS), str(cores)),
    }


def phases(backend: str) -> tuple[str, ...]:
    """Return the tests of a backend: baselines have no network and no epochs to report."""
    chosen = BY_NAME[backend]
    if not chosen.keras:
        return ("test_predict", "test_equivalence")
    if not chosen.trains:
        return ("test_build", "test_predict", "test_equivalence")
    return ("test_build", "test_train", "test_predict", "test_equivalence")


def installed(*, trains: bool = True) -> tuple[str, ...]:
    """Return the Keras backends that this Python can import, those that train or the others.

    Imports none of them.
    """
    return tuple(
        backend.name
        for backend in BACKENDS
        if backend.keras
        and backend.trains == trains
        and all(importlib.util.find_spec(name) for name in backend.imports)
    )


def packages(backend: str) -> dict[str, str]:
    """Return the versions of what computes on a backend, without importing it.

    What compiles for it usually has its version, and is named where it has another.
    """
    chosen = BY_NAME[backend]
    names = (*(["keras"] if chosen.keras else []), "numpy", *chosen.distributions)
    found = {name: version for name in names if (version := _version(name))}
    usual = {found.get(name) for name in chosen.distributions}
    compilers = {name: version for name in chosen.compilers if (version := _version(name))}
    return found | {name: version for name, version in compilers.items() if version not in usual}


def versions() -> dict[str, dict[str, str]]:
    """Return the `packages` of each backend, by its name."""
    return {backend.name: packages(backend.name) for backend in BACKENDS}


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
