"""Options and fixtures of ``pytest bench/``. Imports no Keras and builds no model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from bench.plugin import BenchPlugin
    from bench.replay import Phase, ReplayTimer
    from reports.schema.record import Measured, Record

NAME = "keras-bench"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of the benchmarks."""
    try:
        from bench import options
    except ModuleNotFoundError as error:
        raise pytest.UsageError(
            f"{error}; python -m pip install '.[jax]' installs what the benchmarks need"
        ) from None
    options.declare(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Plan the benchmarks, if they are asked for, so that bad input ends here with one line."""
    from bench import plugin

    if plugin.wants_benchmarks(config):
        config.pluginmanager.register(plugin.start(config), NAME)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Compare backends only where that is asked for by the file's name."""
    from bench import plugin

    left_out = collection_path == plugin.EQUIVALENCE and not plugin.wants_equivalence(config)
    return True if left_out else None


@pytest.fixture
def replay_timer(request: pytest.FixtureRequest) -> ReplayTimer:
    """Make the `benchmark` fixture of this test read its clock from a record."""
    from bench.replay import ReplayTimer

    timer = ReplayTimer()
    request.node.add_marker(pytest.mark.benchmark(timer=timer))
    return timer


@pytest.fixture
def phase(
    request: pytest.FixtureRequest, experiment: str, replay_timer: ReplayTimer, benchmark: Any
) -> Callable[[Phase], Measured]:
    """Return a function that gives the experiment's record and reports one of its phases.

    It runs the experiment if no other phase has; it fails the test if the experiment failed.
    """
    run = _plugin(request.config)
    return lambda name: run.report_phase(experiment, name, benchmark, replay_timer)


@pytest.fixture
def compared(request: pytest.FixtureRequest, experiment: str) -> Callable[[], Record]:
    """Return a function that gives the experiment's record; it fails the test if there is none."""
    return lambda: _plugin(request.config).record(experiment)


def _plugin(config: pytest.Config) -> BenchPlugin:
    run = config.pluginmanager.get_plugin(NAME)
    assert run is not None
    return cast("BenchPlugin", run)
