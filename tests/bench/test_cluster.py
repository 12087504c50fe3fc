"""Experiments on a Dask cluster: real schedulers and workers on loopback, and real kills."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import dask
import distributed
import msgspec
import psutil
import pytest

from bench import backends
from bench.cluster import Cluster, Order, Outcome
from bench.environment import usable_cores
from bench.experiment import Experiment, Facts, Files, facts, failure, now
from bench.plan import plan
from datasets import load as data
from datasets.registry import find
from reports.load import load
from reports.record import Record
from tests.conftest import ROOT, Suite, suite_command

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills and affinity as on Linux")

BACKEND = backends.installed()[-1]
ONE = ("--networks", "tabular_mlp", "--backends", BACKEND, "--samples", "300")
LONG = (*ONE, "--epochs", "20000", "--checkpoint-epochs", "20")
TWO = ("--networks", "tabular_mlp,image_mlp", "--backends", BACKEND, "--samples", "300")

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts a scheduler or a worker, as on the command line."""
    started: list[subprocess.Popen[bytes]] = []

    def run(
        what: str, *options: str, folder: Path = ROOT, **variables: str
    ) -> "subprocess.Popen[bytes]":
        module = f"distributed.cli.dask_{what}"
        file = ("--scheduler-file", str(tmp_path / "scheduler.json"))
        with (tmp_path / f"{what}{len(started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *file, "--no-dashboard", *options],
                cwd=folder,
                env={**os.environ, **variables},
                stderr=log,
            )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def scheduler(start: Start, tmp_path: Path) -> "subprocess.Popen[bytes]":
    process = start("scheduler", "--host", "127.0.0.1", "--port", "0")
    until(lambda: (tmp_path / "scheduler.json").exists())
    return process


def worker(start: Start, folder: Path = ROOT, **variables: str) -> "subprocess.Popen[bytes]":
    options = ("--nthreads", "1", "--memory-limit", "0", "--no-nanny", "--host", "127.0.0.1")
    return start("worker", *options, folder=folder, **variables)


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def busy(process: "subprocess.Popen[bytes]") -> bool:
    """Return whether a Dask worker runs an experiment: its own worker has forked."""
    try:
        children = psutil.Process(process.pid).children(recursive=True)
        return len([child for child in children if "bench.worker" in child.cmdline()]) > 1
    except psutil.NoSuchProcess:
        return False


def begin(folder: Path, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*suite_command(folder), "--cluster", str(folder / "scheduler.json"), *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def checkpointed(folder: Path) -> bool:
    return bool(list((folder / "records" / "checkpoints").glob("*.npz")))


@pytest.mark.skipif(len(usable_cores()) < 2, reason="needs two cores")
def test_a_local_cluster_gives_the_results_of_a_local_run(suite: Suite, tmp_path: Path) -> None:
    here = suite(*TWO, "--cores", "1")
    assert here.returncode == 0, here.stdout
    first = {r.id.replace("-c1", ""): r for r in load([tmp_path / "out.json"]).records}
    (tmp_path / "out.json").unlink()
    there = suite(*TWO, "--cluster", "local:2")
    assert there.returncode == 0, there.stdout + there.stderr
    assert "2 workers)" in there.stdout
    second = {record.id: record for record in load([tmp_path / "out.json"]).records}
    assert first.keys() == second.keys()
    for id, record in second.items():
        assert record.history == first[id].history
        assert record.weights == first[id].weights
        assert record.environment
        assert record.environment.jobs == 2
        assert record.environment.cores == len(usable_cores()) // 2
        assert (tmp_path / "records" / "predictions").is_dir()
        assert record.predictions == first[id].predictions
    again = suite(*TWO, "--cluster", "local:2", "--resume")
    assert again.stdout.count("reused") == 2, again.stdout


@pytest.mark.usefixtures("scheduler")
def test_an_experiment_goes_on_elsewhere_when_its_worker_is_killed(
    start: Start, tmp_path: Path
) -> None:
    workers = [worker(start), worker(start)]
    run = begin(tmp_path, *LONG, "--epochs", "400", "--jobs", "2")
    until(lambda: checkpointed(tmp_path))
    (victim,) = filter(busy, workers)
    victim.kill()
    output, _ = run.communicate(timeout=120)
    assert run.returncode == 0, output
    (record,) = load([tmp_path / "out.json"]).records
    assert record.durations
    assert record.durations.resumed_epochs


@pytest.mark.usefixtures("scheduler")
def test_a_client_that_is_killed_leaves_the_workers_free(start: Start, tmp_path: Path) -> None:
    one = worker(start)
    run = begin(tmp_path, *LONG)
    until(lambda: busy(one))
    run.kill()
    run.communicate()
    until(lambda: not busy(one), 30)
    again = begin(tmp_path, *ONE)
    output, _ = again.communicate(timeout=120)
    assert again.returncode == 0, output


def test_a_lost_scheduler_ends_the_run_and_keeps_what_is_finished(
    scheduler: "subprocess.Popen[bytes]", start: Start, suite: Suite, tmp_path: Path
) -> None:
    one = worker(start)
    run = begin(tmp_path, *TWO, "--epochs", "300")
    until(lambda: list((tmp_path / "records").glob("*.json")))
    scheduler.send_signal(signal.SIGKILL)
    output, _ = run.communicate(timeout=120)
    assert run.returncode == 1, output
    assert "is gone; what was finished is kept" in output
    assert "1 of 2 experiments were not finished" in output
    one.wait(60)
    rest = suite(*TWO, "--epochs", "300", "--resume")
    assert rest.returncode == 0, rest.stdout
    assert rest.stdout.count("reused") == 1, rest.stdout


@pytest.mark.usefixtures("scheduler")
def test_a_worker_with_other_versions_is_refused(start: Start, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "keras-0.0.1.dist-info").mkdir(parents=True)
    metadata = "Metadata-Version: 2.1\nName: keras\nVersion: 0.0.1\n"
    (other / "keras-0.0.1.dist-info" / "METADATA").write_text(metadata)
    worker(start, PYTHONPATH=str(other))
    worker(start, folder=tmp_path)
    time.sleep(5)
    run = begin(tmp_path, *ONE)
    output, _ = run.communicate(timeout=60)
    assert run.returncode == 1, output
    assert "it does not find this project" in output
    assert "no worker of the cluster can run this: keras is 0.0.1 there and 3." in output
    worker(start)
    time.sleep(5)
    both = begin(tmp_path, *ONE)
    output, _ = both.communicate(timeout=120)
    assert both.returncode == 0, output
    assert "REFUSED" in output


def test_no_scheduler_is_an_error_at_once(suite: Suite) -> None:
    done = suite(*ONE, "--cluster", "nowhere")
    assert done.returncode == 1
    assert "--cluster nowhere: no such file, and no address" in done.stdout + done.stderr


def test_the_recipe_for_one_machine_runs_as_it_is_printed(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "cluster.md").read_text()
    recipe = text.partition("## One machine, to try it\n\n")[2].partition("\n\n")[0]
    options = [*suite_command(tmp_path)[4:], *ONE, "--seeds", "2"]
    done = subprocess.run(
        ["bash", "-m", "-c", recipe],  # with job control: kill %1
        cwd=ROOT,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTEST_ADDOPTS": " ".join(options),
        },
        capture_output=True,
        text=True,
        timeout=180,
    )
    records = load([tmp_path / "out.json"]).records
    assert [record.status for record in records] == ["ok", "ok"], done.stdout + done.stderr


# What follows needs no Keras: the executor itself, on workers of its own.


def experiments(number: int) -> list[tuple[Experiment, Facts]]:
    (first,) = plan(profile="smoke", networks=["tabular_mlp"], backends=[BACKEND])
    sizes = {"train": first.train_samples, "test": first.test_samples}
    prepared = data.prepare(find(first.dataset), embedded=True, **sizes)
    packages = backends.packages(BACKEND)
    chosen = [replace(first, seed=seed) for seed in range(number)]
    return [(e, facts(e, checksum=prepared.checksum, packages=packages)) for e in chosen]


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


def run(cluster: Cluster, chosen: list[tuple[Experiment, Facts]]) -> list[Record]:
    futures = [cluster.submit(e, known, lambda progress: None, Files()) for e, known in chosen]
    return [future.result(60) for future in futures]


def test_an_experiment_that_kills_its_workers_is_given_up(local: Callable[..., Cluster]) -> None:
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        (record,) = run(local(1, task=die), experiments(1))
    assert record.status == "failed"
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
    known = facts(broken, checksum=checksum, packages=backends.packages(BACKEND))
    started: list[object] = []
    future = local(1).submit(broken, known, started.append, Files())
    record = future.result(60)
    assert record.status == "failed"
    assert "nonsense" in str(record.reason)
    assert started == [None]


def test_other_data_are_refused(local: Callable[..., Cluster]) -> None:
    ((experiment, known),) = experiments(1)
    (record,) = run(local(1), [(experiment, {**known, "data": "sha256:other"})])
    assert record.status == "failed"
    assert "data was sha256:other and is sha256:" in str(record.reason)


def test_what_no_worker_has_is_refused_at_once(local: Callable[..., Cluster]) -> None:
    ((experiment, known),) = experiments(1)
    cluster = local(1, resources={"GPU": 1})
    (record,) = run(cluster, [(experiment, known)])
    assert record.reason == ("no worker of the cluster can run this: GPU: it has 0, 1 asked for")
    (many,) = run(local(1), [(replace(experiment, cores=4096), known)])
    assert "cores: it has" in str(many.reason)
    assert json.dumps(many.reason)
