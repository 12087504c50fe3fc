"""What Dask's nannies put into the environment of workers, and of themselves, for Dask's own work.

One thread for linear algebra, and memory that is given back at once: nobody's wish for experiments.
"""

import os

import dask

KEY = "distributed.nanny.pre-spawn-environ"
SETS_NOTHING = {KEY: {"PYTHONHASHSEED": "random"}}
"""Configuration of a nanny that changes nothing; it would give hashes a seed of its own."""


def forget() -> None:
    """Take out of a worker's environment what its nanny has set of its own accord.

    What anybody else has set, or had it set, stays, unless it is the same.
    """
    defaults = dask.config.merge(*dask.config.defaults)
    configured = dask.config.get(KEY)
    for name, value in dask.config.get(KEY, config=defaults).items():
        if configured.get(name) == value and os.environ.get(name) == str(value):
            del os.environ[name]
