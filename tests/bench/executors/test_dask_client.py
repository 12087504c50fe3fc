"""The executor itself, on Dask workers of its own, without Keras."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import dask
import distributed
import msgspec
import pytest

from bench import backends
from bench.executors.dask import service
from bench.executors.dask.client import Cluster
from bench.executors.dask.messages import Order, Outcome
from bench.executors.process import worker_environment
from bench.experiment import Experiment, provenance
from bench.outcome import failure, now
from bench.protocol import Paths
from datasets import load as data
from datasets.registry import find
from reports.schema.record import Failed, Provenance
from tests.builders import failed, planned

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills and affinity as on Linux")

BACKEND = backends.installed()[-1]
DASKS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "MALLOC_TRIM_THRESHOLD_")
"""What a nanny sets."""


def experiments(number: int) -> list[tuple[Experiment, Provenance]]:
    (first,) = planned(profile="smoke", networks=["tabular_mlp"], backends=[BACKEND])
    sizes = {"train": first.train_samples, "test": first.test_samples}
    prepared = data.prepare(find(first.dataset), synthetic=True, **sizes)
    packages = backends.packages(BACKEND)
    chosen = [replace(first, seed=seed) for seed in range(number)]
    return [(e, provenance(e, checksum=prepared.checksum, packages=packages)) for e in chosen]


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Callable[..., Cluster]]:
    made: list[Cluster] = []

    def make(jobs: int, **options: object) -> Cluster:
        cluster = Cluster(f"local:{jobs}", folder=tmp_path, jobs=jobs, **options)  # type: ignore[arg-type]
        made.append(cluster)
        cluster.warm_up([])
        return cluster

    yield make
    for cluster in made:
        cluster.close()


def outcome(payload: bytes, reason: str) -> bytes:
    order = msgspec.msgpack.decode(payload, type=Order)
    record = failure(order.experiment, reason=reason, started_at=now())
    return msgspec.msgpack.encode(Outcome(record=record, files={}))


def die(payload: bytes, reference: bytes | None) -> bytes:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def lag(payload: bytes, reference: bytes | None) -> bytes:
    """Take long on one of the workers."""
    worker = distributed.get_worker()
    time.sleep(4 if worker.name == 0 else 0.02)
    return outcome(payload, f"on {worker.name}")


def run(cluster: Cluster, chosen: list[tuple[Experiment, Provenance]]) -> list[Failed]:
    futures = [cluster.submit(e, known, lambda progress: None, Paths()) for e, known in chosen]
    return [failed(future.result(60)) for future in futures]


def test_an_experiment_that_kills_its_workers_is_given_up(local: Callable[..., Cluster]) -> None:
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        (record,) = run(local(1, task=die), experiments(1))
    assert record.reason == "1 workers died that had it to run"


def test_a_straggler_does_not_keep_the_others_waiting(local: Callable[..., Cluster]) -> None:
    records = run(local(2, task=lag), experiments(40))
    reasons = [record.reason for record in records]
    assert reasons.count("on 0") <= 3
    assert reasons.count("on 1") >= 37


def test_what_fails_for_its_own_reason_is_not_tried_again(local: Callable[..., Cluster]) -> None:
    ((experiment, _),) = experiments(1)
    broken = replace(experiment, optimizer="nonsense")
    checksum = str(experiments(1)[0][1]["data"])
    known = provenance(broken, checksum=checksum, packages=backends.packages(BACKEND))
    started: list[object] = []
    future = local(1).submit(broken, known, started.append, Paths())
    record = failed(future.result(60))
    assert "nonsense" in str(record.reason)
    assert started == [None]


def test_other_data_are_refused(local: Callable[..., Cluster]) -> None:
    ((experiment, known),) = experiments(1)
    (record,) = run(local(1), [(experiment, {**known, "data": "sha256:other"})])
    assert "data was sha256:other and is sha256:" in str(record.reason)


def test_what_no_worker_has_is_refused_at_once(local: Callable[..., Cluster]) -> None:
    ((experiment, known),) = experiments(1)
    cluster = local(1, resources={"GPU": 1})
    (record,) = run(cluster, [(experiment, known)])
    assert record.reason == ("no worker of the cluster can run this: GPU: it has 0, 1 asked for")
    (many,) = run(local(1), [(replace(experiment, cores=4096), known)])
    assert "cores: it has" in str(many.reason)
    assert json.dumps(many.reason)


def test_workers_of_one_run_share_the_cores_that_it_is_bound_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "usable_cores", lambda: (2, 3, 6, 7))
    monkeypatch.setattr(service, "affinity", lambda: (2, 3, 6, 7))
    monkeypatch.setattr("psutil.cpu_count", lambda: 8)

    def shares(address: str, jobs: int = 2) -> list[tuple[int, ...]]:
        own = Cluster(address, folder=tmp_path, jobs=jobs)._service
        return [own._cores(slot) for slot in range(own._places())]

    assert shares("local:2") == [(2, 3), (6, 7)]
    assert shares("tcp://head:8786") == [(2, 3, 6, 7), (2, 3, 6, 7)], "they are this worker's own"
    monkeypatch.setattr(service, "affinity", lambda: tuple(range(8)))
    assert shares("tcp://head:8786") == [(2, 3), (6, 7)], "cut by a quota, not bound"
    assert shares("tcp://head:8786", jobs=9) == [(2,), (3,), (6,), (7,)], "no more than cores"


def test_a_folder_of_data_is_named_in_full(
    local: Callable[..., Cluster], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(payload: bytes, reference: bytes | None) -> bytes:
        return outcome(payload, str(msgspec.msgpack.decode(payload, type=Order).data_dir))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BENCH_DATA_DIR", "mine")
    (record,) = run(local(1, task=told), experiments(1))
    assert record.reason == str(tmp_path / "mine")


def test_workers_have_the_environment_of_this_process(
    local: Callable[..., Cluster], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dask would have all compute on one thread, and memory given back at once: JAX's, too."""

    def told(payload: bytes, reference: bytes | None) -> bytes:
        found = worker_environment("sklearn", range(8))
        return outcome(payload, json.dumps({n: found[n] for n in DASKS if n in found}))

    for name in DASKS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")  # what Dask would set, but by the user
    before = dict(os.environ)
    (record,) = run(local(1, task=told), experiments(1))
    changed = {name for name, value in os.environ.items() if before.get(name) != value}
    assert changed <= {"PYTHONHASHSEED", "__DASK_PARENT_PID"}
    assert os.environ.get("PYTHONHASHSEED") == before.get("PYTHONHASHSEED", "random")
    assert json.loads(str(record.reason)) == {
        "OMP_NUM_THREADS": "8",
        "OPENBLAS_NUM_THREADS": "1",
    }
