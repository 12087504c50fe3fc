"""Backends against the reference: what is equal is called so, and every planted fault is found."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import msgspec
import numpy as np
import pytest

from bench import backends
from bench.executors.local import Pool
from bench.executors.process import Runner, worker_environment
from bench.experiment import Experiment
from bench.machine import usable_cores
from bench.protocol import Paths
from bench.selection import PlanError
from bench.session import Session
from bench.store import Store
from bench.worker import equivalence
from datasets.registry import BY_NAME as DATASETS
from reports.load import load
from reports.schema.record import Compared
from tests.builders import ROOT, failed, planned_comparisons, replace


@pytest.fixture(scope="module")
def reference(runner: Runner, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Experiment]:
    """Return the arrays of one network, and the experiment to hold against them."""
    backend = backends.installed()[-1]
    wanted, *others = planned_comparisons(networks=["sequential_cnn"])
    path = tmp_path_factory.mktemp("reference") / "arrays.npz"
    record = runner.run(wanted, paths=Paths(arrays=str(path)))
    assert isinstance(record, Compared), record
    (chosen,) = (
        e
        for e in others
        if (e.backend, e.precision, e.execution) == (backend, "float32", "default")
    )
    return path, chosen


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("none", []),
        ("one_weight", ["confident", "gradient", "loss", "outputs"]),
        ("padding", ["confident", "curve", "gradient", "loss", "outputs"]),
        ("clipped_loss", ["confident"]),
    ],
)
def test_a_planted_fault_is_found(
    reference: tuple[Path, Experiment], fault: str, found: list[str]
) -> None:
    path, experiment = reference
    assert different(fault, experiment, path) == found


@pytest.mark.skipif("jax" not in backends.installed(), reason="the rewrites are JAX's")
@pytest.mark.parametrize(
    ("network", "fault"), [("tabular_cnn", "pooling_gradient"), ("tabular_rnn", "lstm_gradient")]
)
def test_a_wrong_rewrite_is_found(runner: Runner, tmp_path: Path, network: str, fault: str) -> None:
    wanted, *others = planned_comparisons(networks=[network])
    (tuned,) = (other for other in others if other.execution == "tuned")
    path = tmp_path / "arrays.npz"
    record = runner.run(wanted, paths=Paths(arrays=str(path)))
    assert isinstance(record, Compared), record
    assert different("none", tuned, path) == []
    assert "gradient" in different(fault, tuned, path)


def different(fault: str, experiment: Experiment, reference: Path) -> list[str]:
    """Return the quantities that differ from the reference with a fault planted."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.bench.worker.faulty"),
            *(fault, msgspec.json.encode(experiment).decode(), str(reference)),
        ],
        env=worker_environment(experiment.backend, usable_cores()[:1]),
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_every_backend_is_compared_with_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XLA_FLAGS")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "bench/test_equivalence.py", "-q"),
            *("-p", "no:cacheprovider", "--networks", "tabular_mlp,tabular_cnn"),
            *("--datasets", "miniboone"),
            *("--results-dir", str(tmp_path / "records")),
            *("--benchmark-json", str(tmp_path / "out.json")),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    records = load([tmp_path / "out.json"]).records
    ways = {(record.backend, record.precision) for record in records}
    assert {(name, "float32") for name in backends.installed()} <= ways
    assert {(name, "float32") for name in backends.installed(trains=False)} <= ways
    tuned = [record for record in records if record.execution == "tuned"]
    assert len(records) == 2 * len(ways) + len(tuned)
    assert [(record.architecture, record.backend) for record in tuned] == (
        [("tabular_cnn", "jax")] if "jax" in backends.installed() else []
    )
    for record in tuned:
        assert isinstance(record, Compared)
        assert record.environment.rewrites == ("pool: max_pooling1d",)
    for record in records:
        assert isinstance(record, Compared)
        assert all(check.error is not None for check in record.checks)
        quantities = {check.quantity for check in record.checks}
        trains = backends.BY_NAME[record.backend].trains
        everything = {"outputs", "loss", "confident", "gradient", "curve"}
        assert quantities == (everything if trains else {"outputs"})
        gradients = [check for check in record.checks if check.quantity == "gradient"]
        assert len(gradients) == (len(tensors(record.architecture)) if trains else 0)
    assert "against the float64 reference" in done.stdout
    assert "curve" not in done.stdout.partition("against")[0]
    assert len(list((tmp_path / "records" / "references").glob("*.npz"))) == 2


def tensors(architecture: str) -> range:
    """Return as many as the network has weight tensors."""
    return range({"tabular_mlp": 4, "tabular_cnn": 6}[architecture])


def test_it_is_not_run_unless_named(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "bench/", "--collect-only", "-q"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert "test_equivalence" not in done.stdout
    assert done.returncode == 0


def test_the_arrays_of_a_reference_are_float64(reference: tuple[Path, Experiment]) -> None:
    with np.load(reference[0], allow_pickle=False) as arrays:
        assert arrays["outputs"].dtype == np.float64
        assert np.abs(arrays["outputs"]).max() > 0.01


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ("LSTM", equivalence.SINGLE),
        ("BatchNormalization", equivalence.SINGLE),
        ("LayerNormalization", equivalence.SINGLE),
        ("Dense", equivalence.BOUNDS["float64"]),
    ],
)
def test_bounds_are_those_of_the_operations(layer: str, expected: equivalence.Bounds) -> None:
    (experiment, *_) = planned_comparisons(networks=["tabular_mlp"])
    options = {"units": 3} if layer in ("LSTM", "Dense") else {}
    model = keras.Sequential([keras.Input((5, 2)), getattr(keras.layers, layer)(**options)])
    assert experiment.precision == "float64"
    assert equivalence.bounds_of(experiment, model) == expected
    single = replace(experiment, precision="float32")
    assert equivalence.bounds_of(single, model) == equivalence.BOUNDS["float32"]


@pytest.mark.skipif(len(usable_cores()) < 2, reason="needs two cores")
def test_cores_are_an_axis_of_comparisons(tmp_path: Path) -> None:
    """Each has a reference with as many cores."""
    experiments = planned_comparisons(networks=["tabular_mlp"], cores=[1, 2])
    session = Session(experiments, Store(tmp_path), Pool())
    for experiment in experiments:
        if experiment.task == "equivalence":
            assert session._reference_of(experiment).cores == experiment.cores
    session.close()


def test_without_synthetic_data_a_comparison_fails_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = replace(DATASETS["miniboone"], generate=None)
    experiments = planned_comparisons(networks=["tabular_mlp"])
    monkeypatch.setitem(DATASETS, "miniboone", without)
    with pytest.raises(PlanError, match="miniboone: no synthetic data"):
        planned_comparisons(networks=["tabular_mlp"])
    session = Session(experiments, Store(tmp_path), Pool())
    (reason,) = session.prepare(session.experiments)
    assert "miniboone has no synthetic data" in reason
    for experiment in experiments:
        record = session.record(experiment.id, lambda experiment, progress: None)
        assert failed(record).reason == reason
    session.close()
