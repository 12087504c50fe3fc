"""What a user has set for something else changes no result without a trace."""

import json
import os
from pathlib import Path

import pytest

from bench import backends, variables
from bench.executors.process import Runner, worker_environment
from bench.experiment import provenance
from bench.machine import usable_cores
from reports.load import load
from tests.builders import failed, tiny, trained
from tests.conftest import Suite

KNOWN = {
    "removed": (
        *("KERAS_BACKEND", "KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH", "KERAS_NNX_ENABLED"),
        *("KERAS_TORCH_DEVICE", "KERAS_FLOATX", "KERAS_X", "KERAS_EPSILON"),
    ),
    "none": (
        *("KERAS_HOME", "TF_CPP_MIN_LOG_LEVEL", "TF_CPP_VMODULE", "JAX_LOGGING_LEVEL"),
        *("JAX_TRACEBACK_FILTERING", "JAX_LOG_COMPILES", "TF_VAR_password", "TF_CLI_ARGS"),
        *("HOME", "PATH", "CUDA_VERSION", "NVIDIA_VISIBLE_DEVICES", "CUDA_HOME"),
        *("KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK"),
        *("OPENBLAS_CORETYPE", "MKL_CBWR"),  # NumPy's products are not theirs
    ),
    "speed": (
        *("OMP_NUM_THREADS", "OMP_PROC_BIND", "KMP_AFFINITY", "GOMP_SPINCOUNT"),
        *("OPENBLAS_NUM_THREADS", "CUDA_VISIBLE_DEVICES"),
        *("MALLOC_ARENA_MAX", "MALLOC_CONF", "GLIBC_TUNABLES", "LD_PRELOAD"),
    ),
    "numbers": ("NVIDIA_TF32_OVERRIDE", "CUBLAS_WORKSPACE_CONFIG", "ONEDNN_MAX_CPU_ISA"),
}
JAX = {
    "speed": (
        *("JAX_PLATFORMS", "JAX_COMPILATION_CACHE_DIR", "JAX_ENABLE_COMPILATION_CACHE"),
        *("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "XLA_PYTHON_CLIENT_PREALLOCATE"),
        *("PJRT_NPROC", "JAX_CUDA_VISIBLE_DEVICES"),
    ),
    "numbers": (
        *("JAX_ENABLE_X64", "JAX_DEFAULT_PRNG_IMPL", "XLA_FLAGS"),
        *("JAX_NUMPY_DTYPE_PROMOTION", "JAX_THREEFRY_PARTITIONABLE", "JAX_DISABLE_JIT"),
        *("JAX_DEBUG_NANS", "JAX_DEFAULT_DTYPE_BITS"),
    ),
    "removed": ("JAX_DEFAULT_MATMUL_PRECISION",),
    "unknown": ("JAX_SOMETHING_NEW", "XLA_SOMETHING", "PJRT_OTHER"),
    "none": ("TF_XLA_FLAGS", "TF_ENABLE_ONEDNN_OPTS"),  # of the other backend
}
TENSORFLOW = {
    "speed": ("TF_NUM_INTRAOP_THREADS", "TF_GPU_ALLOCATOR", "TF_FORCE_GPU_ALLOW_GROWTH"),
    "numbers": (
        *("TF_ENABLE_ONEDNN_OPTS", "TF_XLA_FLAGS", "TF_DETERMINISTIC_OPS", "XLA_FLAGS"),
        *("TF_CUDNN_DETERMINISTIC", "TF_DISABLE_RZ_CONV", "TF_ENABLE_CUBLAS_TENSOR_OP_MATH_FP32"),
    ),
    "unknown": ("TF_SOMETHING_NEW", "TF_USE_LEGACY_KERAS"),
    "none": ("JAX_ENABLE_X64", "JAX_DEFAULT_MATMUL_PRECISION"),
}
BLAS = {
    "speed": ("OPENBLAS_NUM_THREADS", "OPENBLAS_L2_SIZE", "MKL_NUM_THREADS"),
    "numbers": ("OPENBLAS_CORETYPE", "MKL_CBWR"),
    "unknown": ("OPENBLAS_OTHER",),
    "none": ("KERAS_MAX_EPOCHS", "TF_XLA_FLAGS"),
}
TOLD = [
    *(("jax", KNOWN), ("tensorflow", KNOWN), ("jax", JAX), ("tensorflow", TENSORFLOW)),
    ("numpy", JAX),
    ("sklearn", BLAS),
]


@pytest.mark.parametrize(("backend", "known"), TOLD)
def test_each_variable_has_its_effect(backend: str, known: dict[str, tuple[str, ...]]) -> None:
    found = {n: variables.effect(n, backend) for names in known.values() for n in names}
    assert found == {name: changed for changed, names in known.items() for name in names}


def test_what_may_change_numbers_is_of_the_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variables.recorded(os.environ, "jax"):
        monkeypatch.delenv(name)

    def facts() -> object:
        return provenance(tiny("tabular_mlp", "jax"), checksum="", packages={}).get("variables")

    assert facts() is None
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("KERAS_MAX_EPOCHS", "1")
    assert facts() is None
    monkeypatch.setenv("JAX_ENABLE_X64", "1")
    monkeypatch.setenv("JAX_NEW", "secret")
    assert facts() == "JAX_ENABLE_X64=1 JAX_NEW=sha256:2bb80d53"
    assert [line.partition(" ")[0] for line in variables.notices(os.environ, ["jax"])] == [
        *("JAX_ENABLE_X64", "JAX_NEW", "KERAS_MAX_EPOCHS"),
    ]


def test_what_is_recorded_by_default_is_what_always_was() -> None:
    environment = worker_environment("jax", usable_cores())
    plain = {k: v for k, v in environment.items() if not k.startswith(("JAX_", "XLA_", "NPY_"))}
    assert set(variables.recorded(plain, "jax")) == {
        *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PJRT_NPROC"),
    }


def test_folders_are_those_that_the_user_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker runs in the checkout, wherever the command was given."""
    monkeypatch.chdir(tmp_path)
    names = ("BENCH_CACHE_DIR", "BENCH_DATA_DIR", "KERAS_HOME")
    for name in names:
        monkeypatch.setenv(name, "mine")
    given = worker_environment("jax", usable_cores())
    assert {given[name] for name in names} == {str(tmp_path / "mine")}
    monkeypatch.setenv("BENCH_DATA_DIR", "")
    assert worker_environment("jax", usable_cores())["BENCH_DATA_DIR"] == "", "as if it was not set"


def test_the_configuration_of_keras_is_nobodys(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = backends.installed()[-1]
    odd = {"floatx": "float16", "image_data_format": "channels_first", "epsilon": 1e-2}
    text = json.dumps({**odd, "backend": "torch"})
    plain = trained(runner.run(tiny("image_cnn", backend, epochs=1)))
    (tmp_path / "keras.json").write_text(text)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_MAX_STEPS_PER_EPOCH", "1")
    monkeypatch.setenv("KERAS_MAX_EPOCHS", "1")
    with Runner() as runner:
        spoilt = trained(runner.run(tiny("image_cnn", backend, epochs=1)))
    assert spoilt.weights == plain.weights
    assert spoilt.history == plain.history
    assert spoilt.fingerprint == plain.fingerprint
    assert (tmp_path / "keras.json").read_text() == text


def test_a_platform_that_is_not_here_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "nowhere")
    with Runner() as runner:
        record = failed(runner.run(tiny("tabular_mlp", "jax")))
    assert record.reason == (
        "jax finds no device to compute on: JAX_PLATFORMS=nowhere asks for what is not here"
    )


def test_a_run_names_what_it_keeps_from_the_experiments(
    inline_suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_MAX_STEPS_PER_EPOCH", "4")
    monkeypatch.setenv("JAX_SOMETHING_NEW", "1")
    done = inline_suite(
        *("--backends", "jax", "--networks", "tabular_mlp", "--epochs", "1", "--samples", "512")
    )
    assert "KERAS_MAX_STEPS_PER_EPOCH is kept from the experiments" in done.stdout
    assert "JAX_SOMETHING_NEW is not known here" in done.stdout
    (record,) = load([tmp_path / "records"]).records
    assert record.provenance
