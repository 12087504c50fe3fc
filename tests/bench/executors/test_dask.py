"""Experiments on a Dask cluster: real schedulers and workers on loopback, and real kills."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from bench import backends
from reports.load import load
from reports.schema.record import Fitted
from tests.builders import ROOT, read, suite_command
from tests.conftest import Suite

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


def worker(
    start: Start, folder: Path = ROOT, nanny: str = "--no-nanny", **variables: str
) -> "subprocess.Popen[bytes]":
    options = ("--nthreads", "1", "--memory-limit", "0", nanny, "--host", "127.0.0.1")
    return start("worker", *options, folder=folder, **variables)


def until(condition: Callable[[], object], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def registered(folder: Path) -> int:
    """Return how many workers have said that the scheduler knows them."""
    return sum("Registered to:" in path.read_text() for path in folder.glob("worker*.log"))


def own(process: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    """Return the processes of experiments that a Dask worker has."""
    children = psutil.Process(process.pid).children(recursive=True)
    return [child for child in children if "bench.worker" in child.cmdline()]


def busy(process: "subprocess.Popen[bytes]") -> bool:
    """Return whether a Dask worker runs an experiment: its own worker has forked."""
    try:
        return len(own(process)) > 1
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


@pytest.mark.usefixtures("scheduler")
def test_an_experiment_goes_on_elsewhere_when_its_worker_is_killed(
    start: Start, tmp_path: Path
) -> None:
    workers = [worker(start), worker(start)]
    run = begin(tmp_path, *LONG, "--epochs", "400", "--jobs", "2")
    until(lambda: checkpointed(tmp_path))
    (victim,) = filter(busy, workers)
    victim.kill()
    output, _ = run.communicate(timeout=300)
    assert run.returncode == 0, output
    (record,) = read(tmp_path / "out.json")
    assert record.durations.resumed_epochs


@pytest.mark.usefixtures("scheduler")
@pytest.mark.parametrize("nanny", ["--nanny", "--no-nanny"])
def test_what_a_nanny_sets_is_not_for_experiments(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nanny: str
) -> None:
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "MALLOC_TRIM_THRESHOLD_"):
        monkeypatch.delenv(name, raising=False)
    one = worker(start, nanny=nanny, OMP_NUM_THREADS="3")
    run = begin(tmp_path, *("--networks", "decision_tree", "--backends", "sklearn"))
    output, _ = run.communicate(timeout=300)
    assert run.returncode == 0, output
    record = load([tmp_path / "out.json"]).records[0]
    assert isinstance(record, Fitted)
    threads = {k: v for k, v in record.environment.variables.items() if k.endswith("THREADS")}
    assert threads == {
        "OMP_NUM_THREADS": "3",  # of whoever started the worker
        "OPENBLAS_NUM_THREADS": str(record.environment.cores),
    }
    assert not [p for p in own(one) if "MALLOC_TRIM_THRESHOLD_" in p.environ()]
    assert own(one)


@pytest.mark.parametrize(
    ("resources", "status", "said"),
    [
        ("GPU=1", 1, "no worker of the cluster can run this: GPU: it has 0, 1 asked for"),
        ("GPU=one", 4, "--cluster-resources takes NAME=NUMBER,…, got 'GPU=one'"),
        ("=1", 4, "--cluster-resources takes NAME=NUMBER,…, got '=1'"),
    ],
)
def test_resources_that_no_worker_has(
    inline_suite: Suite, resources: str, status: int, said: str
) -> None:
    done = inline_suite(*ONE, "--cluster", "local:1", "--cluster-resources", resources)
    assert done.returncode == status, done.stdout + done.stderr
    assert said in done.stdout + done.stderr


@pytest.mark.usefixtures("scheduler")
def test_a_client_that_is_killed_leaves_the_workers_free(start: Start, tmp_path: Path) -> None:
    one = worker(start)
    run = begin(tmp_path, *LONG)
    until(lambda: busy(one))
    run.kill()
    run.communicate()
    until(lambda: not busy(one), 30)
    again = begin(tmp_path, *ONE)
    output, _ = again.communicate(timeout=300)
    assert again.returncode == 0, output


def test_a_lost_scheduler_ends_the_run_and_keeps_what_is_finished(
    scheduler: "subprocess.Popen[bytes]", start: Start, inline_suite: Suite, tmp_path: Path
) -> None:
    one = worker(start)
    run = begin(tmp_path, *TWO, "--epochs", "300")
    until(lambda: list((tmp_path / "records").glob("*.json")))
    scheduler.send_signal(signal.SIGKILL)
    output, _ = run.communicate(timeout=300)
    assert run.returncode == 1, output
    assert "is gone; what was finished is kept" in output.strip().splitlines()[-1]  # Dask is quiet
    assert "1 of 2 experiments were not finished" in output
    one.wait(180)
    rest = inline_suite(*TWO, "--epochs", "300", "--resume")
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
    until(lambda: registered(tmp_path) == 2)
    run = begin(tmp_path, *ONE)
    output, _ = run.communicate(timeout=180)
    assert run.returncode == 1, output
    assert "it does not find this project" in output
    assert "no worker of the cluster can run this: keras is 0.0.1 there and 3." in output
    worker(start)
    until(lambda: registered(tmp_path) == 3)
    both = begin(tmp_path, *ONE)
    output, _ = both.communicate(timeout=300)
    assert both.returncode == 0, output
    assert "REFUSED" in output


def test_what_is_no_cluster_is_one_line_at_once(inline_suite: Suite, tmp_path: Path) -> None:
    empty = tmp_path / "scheduler.json"
    empty.write_text("{}")
    for address, said in (
        ("nowhere", "no such file, and no address"),
        (str(empty), "no scheduler's file: it has no address"),
        ("local:x", "local:N takes a number of workers"),
        ("http://x", "no address of a Dask scheduler"),
    ):
        done = inline_suite(*ONE, "--cluster", address)
        assert done.returncode == 4
        lines = (done.stdout + done.stderr).strip().splitlines()
        assert lines == [f"ERROR: --cluster {address}: {lines[0].partition(f'{address}: ')[2]}"]
        assert said in lines[0]


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
    assert len(read(tmp_path / "out.json")) == 2, done.stdout + done.stderr
