"""Facts about the machine and the checkout that anybody may ask for."""

import contextlib
import functools
import os
import platform
import subprocess
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path

import psutil

from bench import quota

ROOT = Path(__file__).parents[1]


def affinity() -> tuple[int, ...] | None:
    """Return the logical cores that the process may run on, where the system tells."""
    return tuple(sorted(os.sched_getaffinity(0))) if sys.platform == "linux" else None


def usable_cores() -> tuple[int, ...]:
    """Return the numbers of the logical cores that the process may use, cut to its quota.

    Those of a container are chosen by the name of its machine, which is its own: containers with a
    quota, side by side, do not all take the first ones.
    """
    cores = affinity() or tuple(range(psutil.cpu_count() or 1))
    number = min(quota.cores() or len(cores), len(cores))
    first = number * (zlib.crc32(platform.node().encode()) % (len(cores) // number))
    return cores[first : first + number]


def described() -> str:
    """Return processor and number of usable cores, as results of duels name their machine."""
    return f"{cpu_name()}, {len(usable_cores())} cores"


def bind(cores: Iterable[int], process: int | None = None) -> None:
    """Let this process, or all threads of another, run on these cores only, where the system can.

    So do what it starts later. Raises `psutil.NoSuchProcess`.
    """
    if affinity():
        wanted = set(cores)
        threads = [0] if process is None else [t.id for t in psutil.Process(process).threads()]
        for thread in threads:
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.sched_setaffinity(thread, wanted)


def load_average() -> float | None:
    """Return the mean number of runnable processes over the last minute, where the system tells."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


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
    """Return the checkout's commit and whether it is dirty; nulls outside a git checkout.

    A repository around an installation, such as a user's own, is not the suite's.
    """
    top = git(ROOT, "rev-parse", "--show-toplevel").stdout.strip()
    commit = git(ROOT, "rev-parse", "--verify", "--quiet", "HEAD").stdout.strip()
    if not commit or Path(top).resolve() != ROOT.resolve():
        return None, None
    return commit, bool(git(ROOT, "status", "--porcelain", "--untracked-files=no").stdout)


def busy_seconds(cores: Iterable[int] | None) -> float:
    """Return for how long these cores have been busy, or taken away, since the machine started.

    ``None`` is all of them.
    """
    wanted = None if cores is None else set(cores)
    return sum(
        sum(core)
        - core.idle
        - getattr(core, "iowait", 0.0)
        # Linux counts a guest's time twice, once in user.
        - getattr(core, "guest", 0.0)
        - getattr(core, "guest_nice", 0.0)
        for number, core in enumerate(psutil.cpu_times(percpu=True))
        if wanted is None or number in wanted
    )


def git(root: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Return how git ended in a folder, and what it printed; where there is no git, it fails."""
    command = ["git", "-C", str(root), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace")
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, stdout="", stderr=str(error))
