"""What the tests share: a cache of their own, the suite as a subprocess, a record to vary."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reports.record import Data, Durations, Environment, History, Layer, Network, Record

os.environ.setdefault("KERAS_BACKEND", "jax")  # of the few tests that build a model in this process

ROOT = Path(__file__).parents[1]
REAL_DATA = Path(os.environ.get("BENCH_DATA_DIR") or ROOT.parent / "shared" / "data")


def pytest_configure(config: pytest.Config) -> None:
    """Let no warning pass in the tests; a user's benchmarks go on after one."""
    config.addinivalue_line("filterwarnings", "error")


@pytest.fixture(scope="session", autouse=True)
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep downloads and parsed arrays of all tests away from the user's."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["BENCH_CACHE_DIR"] = str(folder)
    os.environ.pop("BENCH_DATA_DIR", None)
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
        del os.environ[name]  # the suites that the tests start are nobody's workers
    return folder


@pytest.fixture
def real_data() -> Path:
    """Return the folder of the real files, or skip."""
    if not (REAL_DATA / "imdb" / "imdb.npz").is_file():
        pytest.skip(f"the real data are not in {REAL_DATA}; set BENCH_DATA_DIR")
    return REAL_DATA


Suite = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    """Return a function that runs ``pytest bench/`` with options and waits for it."""

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*suite_command(tmp_path), *options],
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=300,
        )

    return run


def suite_command(folder: Path) -> list[str]:
    """Return the command of the suite with its outputs in ``folder``."""
    return [
        *(sys.executable, "-m", "pytest", "bench/", "-p", "no:cacheprovider"),
        *("--results-dir", str(folder / "records"), "--benchmark-json", str(folder / "out.json")),
    ]


@pytest.fixture
def make_record() -> Callable[..., Record]:
    """Return a function that builds a whole record with the given fields changed."""
    return build_record


def build_record(**changes: Any) -> Record:
    """Return the record of a small successful experiment, with changes."""
    record = Record(
        id="tabular_mlp-miniboone-jax-s0",
        fingerprint="0123456789abcdef",
        status="ok",
        reason=None,
        log=None,
        started_at="2026-01-02T03:04:05.000+00:00",
        architecture="tabular_mlp",
        modality="tabular",
        kind="mlp",
        dataset="miniboone",
        backend="jax",
        seed=0,
        profile="smoke",
        epochs=3,
        batch_size=256,
        optimizer="adam",
        data=Data(
            synthetic=True,
            checksum="sha256:00ff",
            classes=("background", "signal"),
            train_samples=400,
            test_samples=100,
        ),
        network=Network(
            parameters=7801,
            reference=7500,
            revision=1,
            layers=(
                Layer(name="dense", type="Dense", output_shape=(None, 150), parameters=7650),
                Layer(name="dense_1", type="Dense", output_shape=(None, 1), parameters=151),
            ),
        ),
        history=History(
            train={"loss": (0.6, 0.4, 0.3), "accuracy": (0.7, 0.8, 0.85)},
            validation={"loss": (0.5, 0.4, 0.35), "accuracy": (0.75, 0.8, 0.83)},
        ),
        test={"loss": 0.35, "accuracy": 0.83},
        confusion=((60, 12), (5, 23)),
        durations=Durations(
            data_seconds=0.1,
            build_seconds=0.5,
            first_epoch_seconds=2.0,
            epoch_seconds=(0.2, 0.4),
            fit_setup_seconds=(0.01, 0.01, 0.01),
            first_evaluation_seconds=0.3,
            evaluation_seconds=(0.05, 0.07),
            first_prediction_seconds=0.2,
            prediction_seconds=(0.1,),
            predicted_samples=100,
            latency_seconds=(0.001, 0.002, 0.009),
        ),
        peak_memory_bytes=450_000_000,
        environment=Environment(
            python="3.11.7",
            platform="Linux",
            cpu="Test CPU",
            cores=2,
            memory_bytes=8_000_000_000,
            device="cpu",
            packages={"keras": "3.15.1", "jax": "0.10.2"},
            dtype_policy="float32",
            jit_compile=True,
            steps_per_execution=1,
            threads=5,
            variables={},
            load_average=0.5,
            commit="abcdef0123456789",
            dirty=False,
        ),
    )
    return dataclasses.replace(record, **changes)
