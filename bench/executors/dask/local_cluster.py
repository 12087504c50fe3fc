"""A cluster of this machine alone, for one run."""

import contextlib
import logging
import signal
from collections.abc import Iterator
from typing import Any

import dask
import distributed

from bench.executors.dask import nanny


def start(workers: int) -> Any:
    """Return a `distributed.LocalCluster` of so many processes that nobody else can reach."""
    with _uninterrupted(), dask.config.set(nanny.SETS_NOTHING):
        return distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=0,  # experiments have processes of their own
            dashboard_address="127.0.0.1:0",
            security=True,  # keys of this run only: other users of the machine stay out
            silence_logs=logging.ERROR,
        )


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach: it is for the one that waits."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
