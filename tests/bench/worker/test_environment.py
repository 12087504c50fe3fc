"""What is recorded of the machine is what is in force."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench import __main__ as command
from bench import backends
from bench.executors.process import Runner
from bench.machine import usable_cores
from bench.selection import PlanError
from bench.worker import environment
from tests.builders import planned, tiny, trained

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux binds processes to cores")
several = pytest.mark.skipif(len(usable_cores()) < 2, reason="needs two cores")


@linux
@several
def test_cores_are_bound_and_pools_sized(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")  # what is found there needs no threads
    with Runner() as runner:
        one = trained(runner.run(tiny("tabular_mlp", backend, cores=1)))
        all = trained(runner.run(tiny("tabular_mlp", backend)))
    assert one.environment.cores == 1
    assert one.environment.affinity
    assert len(one.environment.affinity) == 1
    assert all.environment.affinity == usable_cores()
    for name in backends.BY_NAME[backend].threads:
        assert one.environment.variables[name] == "1"
        assert all.environment.variables[name] == str(len(usable_cores()))
    assert one.environment.threads < all.environment.threads
    assert one.fingerprint != all.fingerprint


def test_what_the_user_has_set_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with Runner() as runner:
        record = trained(runner.run(tiny("tabular_mlp", backends.installed()[0])))
    assert record.environment.variables["OMP_NUM_THREADS"] == "7"


def test_more_cores_than_there_are() -> None:
    with pytest.raises(PlanError, match=r"--cores 4096 takes 4096 cores: this process may use \d+"):
        planned(profile="smoke", cores=[4096])


@linux
@several
def test_others_are_noticed() -> None:
    # Of another family: the shell that starts it ends, and it is adopted.
    start = [*("sh", "-c"), f"{sys.executable} -c 'while True: pass' >/dev/null 2>&1 & echo $!"]
    neighbour = int(subprocess.run(start, capture_output=True, text=True, check=True).stdout)
    try:
        others = environment.LoadOfOthers()
        end = time.perf_counter() + 1.0
        while time.perf_counter() < end:  # this process's own work does not count
            pass
        assert others.cores() > 0.4
    finally:
        os.kill(neighbour, signal.SIGKILL)


@linux
def test_the_work_of_children_is_not_that_of_others() -> None:
    """A change that starts processes would else mark every run *busy* and pass the gate."""
    before = environment._own_seconds()
    work = "import time\nwhile time.process_time() < 1.0: pass\nprint(flush=True)\ninput()"
    children = [
        subprocess.Popen(
            [sys.executable, "-c", work], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(2)
    ]
    for child in children:
        assert child.stdout
        child.stdout.readline()
    children[0].communicate(b"\n")  # one has ended, the other still runs
    nearly = 1.9  # systems count in hundredths of a second, and round down
    while_one_runs = environment._own_seconds() - before
    children[1].communicate(b"\n")
    after_both = environment._own_seconds() - before
    assert while_one_runs >= nearly
    assert after_both >= nearly


def test_info_names_what_a_bug_report_needs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_CACHE_DIR", str(tmp_path))
    assert command.main(["info"]) == 0
    printed = capsys.readouterr().out
    assert "python" in printed
    known = (*backends.installed(), *backends.installed(trains=False))
    for backend in known:
        assert f"backend   {backend}: keras 3.15" in printed
    assert printed.count("device cpu") == len(known)
    assert "imdb: not here; python -m datasets prepare imdb" in printed
