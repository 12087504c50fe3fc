"""Facts about the machine and the process that decide speed."""

import functools
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from bench import backends
from reports.record import Environment

ROOT = Path(__file__).parents[1]


def collect(
    backend: str,
    *,
    device: str,
    dtype_policy: str | None,
    jit_compile: bool | None,
    steps_per_execution: int | None,
    load_average: float | None,
    other_load: float | None,
) -> Environment:
    """Return the environment of this process; the arguments are what only Keras knows."""
    chosen = backends.BY_NAME[backend]
    names = (*chosen.read, *chosen.threads, *backends.SHARED_VARIABLES, *backends.SHARED_THREADS)
    commit, dirty = commit_info()
    return Environment(
        python=platform.python_version(),
        platform=platform.platform(),
        cpu=cpu_name(),
        cores=len(usable_cores()),
        usable_cores=int(os.environ.get("BENCH_USABLE_CORES", 0)) or None,
        memory_bytes=psutil.virtual_memory().total,
        device=device,
        packages=backends.packages(backend),
        dtype_policy=dtype_policy,
        jit_compile=jit_compile,
        steps_per_execution=steps_per_execution,
        threads=psutil.Process().num_threads(),
        variables={name: os.environ[name] for name in sorted(names) if name in os.environ},
        affinity=affinity(),
        load_average=load_average,
        other_load=other_load,
        commit=commit,
        dirty=dirty,
    )


def affinity() -> tuple[int, ...] | None:
    """Return the logical cores that the process may run on, where the system tells."""
    return tuple(sorted(os.sched_getaffinity(0))) if sys.platform == "linux" else None


def usable_cores() -> tuple[int, ...]:
    """Return the numbers of the logical cores that the process may run on."""
    return affinity() or tuple(range(psutil.cpu_count() or 1))


def bind(cores: Iterable[int]) -> None:
    """Let this process and its children run on these cores only, where the system can."""
    if affinity():
        os.sched_setaffinity(0, cores)


class LoadOfOthers:
    """Measures, from its construction on, what others take of this process's cores.

    Others are processes and, on a virtual machine, its neighbours (steal): the time that the cores
    were not idle, less this process's own.
    """

    def __init__(self, core_seconds: float = 0.0, seconds: float = 0.0) -> None:
        self._earlier = core_seconds, seconds
        self._start = self._times()

    def read(self) -> tuple[float, float]:
        """Return the core-seconds taken so far, and the seconds in which they were taken.

        What was measured earlier, by another process say, counts if the constructor was told of it.
        """
        core_seconds, seconds = self._earlier
        wall, own, busy = (
            now - start for now, start in zip(self._times(), self._start, strict=True)
        )
        return core_seconds + max(0.0, busy - own), seconds + wall

    def cores(self) -> float:
        """Return the mean number of cores taken so far."""
        core_seconds, seconds = self.read()
        return core_seconds / seconds

    def _times(self) -> tuple[float, float, float]:
        cores = psutil.cpu_times(percpu=True)
        mine = affinity()
        busy = sum(
            sum(core)
            - core.idle
            - getattr(core, "iowait", 0.0)
            # Linux counts a guest's time twice, once in user.
            - getattr(core, "guest", 0.0)
            - getattr(core, "guest_nice", 0.0)
            for number, core in enumerate(cores)
            if mine is None or number in mine
        )
        return time.perf_counter(), time.process_time(), busy


def load_average() -> float | None:
    """Return the mean number of runnable processes over the last minute, where the system tells."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def peak_memory_bytes() -> int | None:
    """Return the highest resident set of this process, where the system tells."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # Linux counts in KiB


@functools.cache
def cpu_name() -> str:
    """Return the processor's name; `platform.processor` is empty on most Linux systems."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


@functools.cache
def commit_info() -> tuple[str | None, bool | None]:
    """Return the checkout's commit and whether it is dirty; nulls outside a git checkout."""
    try:
        commit = _git("rev-parse", "HEAD")
        return commit, bool(_git("status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.CalledProcessError):
        return None, None


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
