"""What an experiment's process says of itself: settings, memory, disturbance by others."""

import contextlib
import os
import platform
import sys
import time

import psutil

from bench import backends, protocol, variables
from bench.machine import affinity, busy_seconds, commit_info, cpu_name, usable_cores
from bench.worker import setup
from reports.schema.environment import Environment


def collect(
    backend: str,
    *,
    dtype_policy: str | None = None,
    jit_compile: bool | None = None,
    steps_per_execution: int | None = None,
    load_average: float | None = None,
    other_load: float | None = None,
    rewrites: tuple[str, ...] = (),
    program: str | None = None,
) -> Environment:
    """Return the environment of this process; the rest of the arguments are fields of it.

    Initialises the backend.
    """
    commit, dirty = commit_info()
    return Environment(
        python=platform.python_version(),
        platform=platform.platform(),
        cpu=cpu_name(),
        cores=len(usable_cores()),
        usable_cores=int(os.environ.get(protocol.USABLE_CORES, 0)) or None,
        memory_bytes=psutil.virtual_memory().total,
        device=setup.device(backend),
        packages=backends.packages(backend),
        dtype_policy=dtype_policy,
        jit_compile=jit_compile,
        steps_per_execution=steps_per_execution,
        rewrites=rewrites,
        program=program,
        threads=psutil.Process().num_threads(),
        variables=variables.recorded(os.environ, backend),
        affinity=affinity(),
        load_average=load_average,
        other_load=other_load,
        jobs=jobs(),
        commit=commit,
        dirty=dirty,
    )


def place(here: Environment) -> str:
    """Return what a process runs on, and what it may use of it: what decides its speed."""
    used = f"{here.cores} used" if here.usable_cores not in (None, here.cores) else ""
    settings = " ".join(f"{name}={value}" for name, value in sorted(here.variables.items()))
    return ", ".join(filter(None, (here.machine, used, settings)))


def jobs() -> int:
    """Return how many experiments run side by side on this machine, this one included."""
    return int(os.environ.get(protocol.JOBS, 1))


class LoadOfOthers:
    """Measures, from its construction on, what others take of this process's cores.

    Others are processes and, on a virtual machine, its neighbours (steal): the time that the cores
    were not idle, less this process's own and that of its children.
    """

    def __init__(self) -> None:
        self._start = self._times()

    def take(self) -> tuple[float, float]:
        """Return the core-seconds taken since the last time, and the seconds in which they were.

        The former are below 0 by chance, where the system's clocks are coarse.
        """
        now = self._times()
        wall, own, busy = (after - before for after, before in zip(now, self._start, strict=True))
        self._start = now
        return busy - own, wall

    def cores(self) -> float:
        """Return the mean number of cores taken since the last time."""
        core_seconds, seconds = self.take()
        return max(0.0, core_seconds) / seconds

    def _times(self) -> tuple[float, float, float]:
        return time.perf_counter(), _own_seconds(), busy_seconds(affinity())


def _own_seconds() -> float:
    """Return the processor time of this process and its children, ended ones included."""
    ended = os.times()
    own = time.process_time() + ended.children_user + ended.children_system
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it has just ended
            spent = child.cpu_times()
            own += spent.user + spent.system
    return own


def peak_memory_bytes() -> int:
    """Return the highest resident set of this process."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # Linux counts in KiB
