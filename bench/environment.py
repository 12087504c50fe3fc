"""Facts about the machine and the process that decide speed."""

import functools
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

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
        cores=usable_cores(),
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


def usable_cores() -> int:
    """Return how many logical cores the process may run on."""
    cores = affinity()
    return len(cores) if cores else psutil.cpu_count() or 1


def bind(cores: int) -> None:
    """Let this process and its children run on so many cores only, where the system can."""
    usable = affinity()
    if usable and cores < len(usable):
        os.sched_setaffinity(0, usable[:cores])


class LoadOfOthers:
    """Measures what others take of this process's cores while the context is open.

    Others are processes and, on a virtual machine, its neighbours (steal): the time that the cores
    were not idle, less this process's own.
    """

    cores: float | None = None
    """Mean number of cores taken, known at the end of the context."""

    def __enter__(self) -> Self:
        self._wall, self._own, self._busy = self._read()
        return self

    def __exit__(self, *exception: object) -> None:
        wall, own, busy = self._read()
        if wall > self._wall:
            taken = (busy - self._busy) - (own - self._own)
            self.cores = max(0.0, taken / (wall - self._wall))

    def _read(self) -> tuple[float, float, float]:
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
