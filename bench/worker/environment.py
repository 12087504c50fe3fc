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
    device: str,
    dtype_policy: str | None,
    jit_compile: bool | None,
    steps_per_execution: int | None,
    load_average: float | None,
    other_load: float | None,
    rewrites: tuple[str, ...] = (),
    program: str | None = None,
) -> Environment:
    """Return the environment of this process; the arguments are what only Keras knows."""
    commit, dirty = commit_info()
    return Environment(
        python=platform.python_version(),
        platform=platform.platform(),
        cpu=cpu_name(),
        cores=len(usable_cores()),
        usable_cores=int(os.environ.get(protocol.USABLE_CORES, 0)) or None,
        memory_bytes=psutil.virtual_memory().total,
        device=device,
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
        commit=commit,
        dirty=dirty,
    )


def machine(backend: str) -> str:
    """Return what this process runs on, as records tell it."""
    return collect(
        backend,
        device=setup.device(backend),
        dtype_policy=None,
        jit_compile=None,
        steps_per_execution=None,
        load_average=None,
        other_load=None,
    ).machine


class LoadOfOthers:
    """Measures, from its construction on, what others take of this process's cores.

    Others are processes and, on a virtual machine, its neighbours (steal): the time that the cores
    were not idle, less this process's own and that of its children.
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
