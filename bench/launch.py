"""From the options of a run to its session: plans, sets variables, builds the executor."""

from typing import TYPE_CHECKING

import pytest

from bench.comparisons import plan_comparisons
from bench.executors.executor import Executor
from bench.executors.local import Pool
from bench.options import Options
from bench.plan import plan
from bench.selection import PlanError
from bench.session import Session, use_data_dir
from bench.store import Store

if TYPE_CHECKING:
    from reports.load import Results


def launch(options: Options) -> Session:
    """Plan the experiments and build what runs them. Raises `pytest.UsageError`."""
    try:
        experiments = plan(options.selection)
        if options.equivalence:
            experiments += plan_comparisons(options.selection)
        use_data_dir(options.data_dir)
    except (PlanError, NotADirectoryError) as error:
        raise pytest.UsageError(str(error)) from None
    store = Store(options.results_dir)
    try:
        executor = _executor(options, store)
    except OSError as error:
        raise pytest.UsageError(
            f"cannot create a temporary folder: {error.strerror or error}; "
            "set TMPDIR to one that can be written"
        ) from None
    return Session(experiments, store, executor, checkpoint_epochs=options.checkpoint_epochs)


def _executor(options: Options, store: Store) -> Executor:
    if not options.address:
        return Pool(options.selection.jobs)
    try:
        from bench.executors.dask.client import Cluster
    except ModuleNotFoundError as error:
        raise pytest.UsageError(
            f"{error}; python -m pip install '.[cluster]' installs what --cluster needs"
        ) from None
    return Cluster(
        options.address,
        folder=store.folder,
        jobs=options.selection.jobs,
        resources=options.resources,
    )


def load_baseline(options: Options) -> "Results | None":
    """Return the results to compare with. Raises `pytest.UsageError`."""
    if options.baseline is None:
        return None
    from reports.load import LoadError, load

    try:
        return load([options.baseline])
    except LoadError as error:
        raise pytest.UsageError(str(error)) from None
    except OSError as error:
        raise pytest.UsageError(f"--baseline: {error.strerror}") from None
