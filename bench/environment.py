"""Facts about the machine and the process that decide speed."""

import functools
import os
import platform
import subprocess
import sys
from pathlib import Path

import psutil

from bench import backends
from reports.record import Environment

ROOT = Path(__file__).parents[1]


def collect(
    backend: str,
    *,
    device: str,
    dtype_policy: str,
    jit_compile: bool,
    steps_per_execution: int,
    load_average: float | None,
) -> Environment:
    """Return the environment of this process; the arguments are what only Keras knows."""
    names = (*backends.BY_NAME[backend].read, *backends.SHARED_VARIABLES)
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
        load_average=load_average,
        commit=commit,
        dirty=dirty,
    )


def usable_cores() -> int:
    """Return how many logical cores the process may run on."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return psutil.cpu_count() or 1


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
