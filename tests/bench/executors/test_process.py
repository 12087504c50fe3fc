"""Real processes: fresh, of one backend each, and mortal."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench import backends
from bench.executors import process
from bench.executors.executor import ExecutorError
from bench.executors.held_folder import HeldFolder
from bench.executors.process import Installation, Runner, worker_environment
from bench.protocol import Progress
from tests.builders import ROOT, failed, kill_after, tiny, trained


def test_an_experiment_gives_a_whole_record(runner: Runner, backend: str) -> None:
    seen: list[Progress] = []
    experiment = tiny("tabular_cnn", backend)
    record = trained(runner.run(experiment, seen.append))
    assert record.id == experiment.id
    assert record.fingerprint
    assert [progress.epoch for progress in seen] == [1, 2]
    assert seen[-1].seconds_left == 0
    assert record.network.parameters == 7_829
    assert record.history.train.keys() == {"loss", *experiment.metrics}
    assert {len(s) for s in record.history.validation.values()} == {2}
    assert record.test
    assert record.data.synthetic
    (tn, fp), (fn, tp) = record.confusion
    assert tn + fp + fn + tp == 96
    assert record.test["accuracy"] == pytest.approx((tn + tp) / 96)
    assert record.test["recall"] == pytest.approx(tp / (tp + fn) if tp + fn else 0)
    assert len(record.durations.epoch_seconds) == 1
    assert record.environment.packages["keras"].startswith("3.15")
    assert record.peak_memory_bytes
    assert 1e8 < record.peak_memory_bytes < 2e9


def test_equal_seeds_give_equal_numbers(runner: Runner, backend: str) -> None:
    first, again, other = (
        trained(runner.run(tiny("tabular_mlp", backend, seed=s))) for s in (0, 0, 1)
    )
    assert first.history == again.history
    assert first.confusion == again.confusion
    assert first.history != other.history


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
@pytest.mark.parametrize("stopped", ["worker", "experiment"])
def test_a_stopped_process_does_not_hold_up_the_end(
    stopped: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "GRACE_SECONDS", 1)
    before = psutil.Process().children()
    runner = Runner()
    seen = threading.Event()
    experiment = tiny("tabular_mlp", backends.installed()[-1], epochs=100_000)
    waiting = threading.Thread(target=runner.run, args=(experiment, lambda _: seen.set()))
    waiting.start()
    assert seen.wait(60)
    (worker,) = (child for child in psutil.Process().children() if child not in before)
    family = [worker, *worker.children(recursive=True)]
    (family[0] if stopped == "worker" else family[-1]).suspend()
    started = time.monotonic()
    runner.close()
    waiting.join(20)
    assert time.monotonic() - started < 20
    assert not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in family)


def test_what_killed_runs_have_left_is_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code = (
        "import os, signal; from bench.executors.held_folder import HeldFolder; "
        "folder = HeldFolder(); print(folder.path, flush=True); "
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    killed = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    left = Path(killed.stdout.strip())
    held = HeldFolder()
    another = tmp_path / "somebody-else"
    another.mkdir()
    assert left.is_dir()  # too young: its maker might be about to hold it
    for path in (left, held.path, another):
        os.utime(path, (0, 0))
    later = HeldFolder()
    assert sorted(tmp_path.iterdir()) == sorted([held.path, another, later.path])
    held.close()
    later.close()
    assert [*tmp_path.iterdir()] == [another]


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_what_is_killed_while_it_imports_keras_leaves_nothing(
    backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    others = set(psutil.Process().children())
    with Runner() as runner:
        runner.start(tiny("tabular_mlp", backend))
        (held,) = tmp_path.iterdir()
        deadline = time.monotonic() + 60
        while not (homes := [path for path in held.iterdir() if path.is_dir()]):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        (worker,) = set(psutil.Process().children()) - others
        worker.kill()
        worker.wait()
        assert homes[0].is_dir(), "nobody could take it away"
    assert not list(tmp_path.iterdir())


def test_no_process_can_be_started_is_one_line() -> None:
    nothing = Installation(python=Path("/no/such/python"))
    with (
        Runner(installation=nothing) as runner,
        pytest.raises(ExecutorError, match="no process can be started: No such file"),
    ):
        runner.run(tiny("tabular_mlp", backends.installed()[-1]))


SHARING = {
    "jax": ("XLA_PYTHON_CLIENT_PREALLOCATE", "false"),
    "tensorflow": ("TF_FORCE_GPU_ALLOW_GROWTH", "true"),
}


@pytest.mark.parametrize(
    ("options", "shares"), [({}, False), ({"jobs": 2}, True), ({"shares": True}, True)]
)
def test_processes_that_share_an_accelerator_leave_room_on_it(
    options: dict[str, Any], shares: bool
) -> None:
    before = psutil.Process().children()
    with Runner(**options) as runner:
        runner.start(tiny("tabular_mlp", "jax"))
        (worker,) = (child for child in psutil.Process().children() if child not in before)
        name, value = SHARING["jax"]
        assert worker.environ().get(name) == (value if shares else None)


def test_what_the_user_says_of_memory_holds(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, value = SHARING[backend]
    assert worker_environment(backend, (0,), shares=True)[name] == value
    side = Installation(variables={name: "of a side"})
    assert worker_environment(backend, (0,), side, shares=True)[name] == "of a side"
    monkeypatch.setenv(name, "of the user")
    assert worker_environment(backend, (0,), shares=True)[name] == "of the user"


def test_backends_see_the_same_data_in_the_same_order(runner: Runner) -> None:
    """Unlike starting weights part the losses a little; another order or loss would far more."""
    records = [trained(runner.run(tiny("tabular_mlp", name))) for name in backends.installed()]
    assert len({record.data.checksum for record in records}) == 1


def test_no_other_backend_is_loaded(backend: str) -> None:
    code = (
        "import os, sys; from bench.worker.__main__ import preload; "
        "preload(os.environ['KERAS_BACKEND']); "
        "import keras; keras.utils.set_random_seed(0); "
        "print(*{'tensorflow', 'jax', 'torch'} & set(sys.modules))"
    )
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "2"}
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert process.stdout.split() == [backend], process.stderr


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_killed_experiment_fails_alone(
    runner: Runner, backend: str, number: signal.Signals
) -> None:
    assert trained(runner.run(tiny("tabular_mlp", backend)))
    record = failed(runner.run(tiny("tabular_mlp", backend, epochs=2000), kill_after(1, number)))
    assert f"killed by {number.name}" in record.reason
    if number == signal.SIGSEGV:
        assert record.log
        assert "Segmentation fault" in record.log
    assert trained(runner.run(tiny("tabular_mlp", backend)))


def test_a_killed_worker_is_replaced(runner: Runner, backend: str) -> None:
    assert trained(runner.run(tiny("tabular_mlp", backend)))
    for worker in psutil.Process().children():
        if worker.environ().get("KERAS_BACKEND") == backend:
            worker.kill()
            worker.wait()
    assert trained(runner.run(tiny("tabular_mlp", backend)))


def test_closing_ends_what_is_running(backend: str) -> None:
    runner = Runner()
    thread = threading.Thread(target=runner.run, args=(tiny("tabular_mlp", backend, epochs=10**6),))
    before = set(psutil.Process().children(recursive=True))
    thread.start()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        started = set(psutil.Process().children(recursive=True)) - before
        if len(started) == 2:
            break
        time.sleep(0.05)
    runner.close()
    thread.join(timeout=120)
    assert not thread.is_alive()
    _, alive = psutil.wait_procs(started, timeout=60)
    assert len(started) == 2
    assert not alive


def test_an_end_that_ctrl_c_cuts_short_is_ended_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = tiny("tabular_mlp", backends.installed()[0], epochs=1)
    before = psutil.Process().children(recursive=True)
    runner = Runner()
    runner.start(experiment)

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(process, "_end", interrupted)
        with pytest.raises(KeyboardInterrupt):
            runner.close()
    runner.close()
    assert psutil.Process().children(recursive=True) == before
    runner.start(experiment)
    assert "ended before it began" in failed(runner.run(experiment)).reason
    assert psutil.Process().children(recursive=True) == before


def test_without_fork_each_experiment_imports_keras_anew(
    monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    monkeypatch.setenv("BENCH_FORK", "0")
    with Runner() as runner:
        first, again = (trained(runner.run(tiny("tabular_mlp", backend))) for _ in range(2))
    assert first.history == again.history


def test_an_exception_is_a_reason_and_a_log(runner: Runner, backend: str) -> None:
    record = failed(runner.run(tiny("tabular_mlp", backend, optimizer="no_such_optimizer")))
    assert record.reason.startswith("ValueError: ")
    assert "\n" not in record.reason
    assert record.log
    assert "Traceback" in record.log


def test_missing_data_are_a_reason(runner: Runner, backend: str) -> None:
    record = failed(runner.run(tiny("tabular_mlp", backend, synthetic=False)))
    assert "MiniBooNE_PID.txt is not in" in record.reason


def test_a_backend_that_cannot_start_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, backend: str
) -> None:
    (tmp_path / "keras.py").write_text("raise ImportError('this keras is broken')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr("bench.executors.process.ROOT", tmp_path)
    for name in ("bench", "architectures", "datasets", "reports"):
        (tmp_path / name).symlink_to(ROOT / name)
    with Runner() as runner:
        record = failed(runner.run(tiny("tabular_mlp", backend)))
    assert "this keras is broken" in record.reason


def test_after_an_interruption_the_next_experiment_runs() -> None:
    with Runner() as runner:
        long = tiny("tabular_mlp", backends.installed()[0], epochs=500)

        def interrupt(_: Progress) -> None:
            runner.interrupt()

        assert failed(runner.run(long, interrupt))
        assert trained(runner.run(tiny("tabular_mlp", long.backend, epochs=1)))
