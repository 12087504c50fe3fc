"""What the tests share: caches, one worker process per backend, the suite, a record to vary."""

from __future__ import annotations

import contextlib
import io
import os
import queue
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench import backends, launch
from bench.executors.local import Pool
from bench.executors.process import Runner
from reports.schema.record import Trained
from tests.builders import ROOT, build_record, suite_command

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

os.environ.setdefault("KERAS_BACKEND", "jax")  # of the few tests that build a model in this process

REAL_DATA = Path(os.environ.get("BENCH_DATA_DIR") or ROOT.parent / "shared" / "data")
# In half the time; what is compared is compiled alike. The comparison of the backends with their
# reference compiles as users do.
os.environ["XLA_FLAGS"] = (
    "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
)


SLOW = (
    "tests/test_commands.py",
    "tests/test_upstream.py",
    "tests/bench/test_survive.py",
    "tests/bench/test_versions.py",
    "tests/bench/advise/test_command.py",
    "tests/bench/advise/test_trials.py",
    "tests/bench/duel/test_against.py",
    "tests/bench/duel/test_ci.py",
    "tests/bench/duel/test_command.py",
    "tests/bench/duel/test_own.py",
    "tests/bench/executors/test_dask.py",
    "tests/bench/executors/test_local.py",
    "tests/bench/executors/test_process.py",
    "tests/bench/own/test_own.py",
    "tests/bench/own/test_suite_network.py",
    "tests/bench/worker/test_environment.py",
    "tests/bench/worker/test_equivalence.py",
    "tests/bench/worker/test_profile.py",
    "tests/bench/worker/test_programs.py",
    "tests/bench/worker/test_resume.py",
    "tests/keras_bench/test_document.py",
    "tests/keras_bench/test_installed.py",
    "tests/reports/test_page.py",
    "tests/studio/test_pages.py",
    "tests/studio/test_story.py",
)
"""Files that take most of the time: whole commands as users type them, many processes."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of `SLOW` files, which tox leaves out unless it is asked."""
    files = {ROOT / name for name in SLOW}
    for item in items:
        if item.path in files:
            item.add_marker(pytest.mark.slow)


def pytest_configure(config: pytest.Config) -> None:
    """Let no warning pass in the tests; a user's benchmarks go on after one."""
    config.addinivalue_line("filterwarnings", "error")


@pytest.fixture(scope="session", autouse=True)
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep downloads and parsed arrays of all tests away from the user's."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["BENCH_CACHE_DIR"] = str(folder)
    os.environ.pop("BENCH_DATA_DIR", None)
    # Most of a small experiment on JAX is compilation, and the same few networks come again.
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    os.environ["JAX_COMPILATION_CACHE_DIR"] = str(shared / "jax")
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
    os.environ["BENCH_PEAKS"] = "0"
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
        del os.environ[name]  # the suites that the tests start are nobody's workers
    return folder


@pytest.fixture
def real_data() -> Path:
    """Return the folder of the real files, or skip."""
    if not (REAL_DATA / "imdb" / "imdb.npz").is_file():
        pytest.skip(f"the real data are not in {REAL_DATA}; set BENCH_DATA_DIR")
    return REAL_DATA


@pytest.fixture(scope="session")
def runner(cache_dir: Path) -> Iterator[Runner]:
    """Return what runs experiments, with one worker process per backend for all tests."""
    with Runner() as runner:
        yield runner


@pytest.fixture(params=backends.installed())
def backend(request: pytest.FixtureRequest) -> str:
    """Return each backend that trains."""
    return str(request.param)


Suite = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    """Return a function that runs ``pytest bench/`` with options and waits for it."""

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*suite_command(tmp_path), *options],
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=300,
        )

    return run


class SharedPool(Pool):
    """A pool whose only runner outlives it."""

    def __init__(self, runner: Runner) -> None:
        self._jobs, self._runners = 1, [runner]
        self._free = queue.SimpleQueue()
        self._free.put(runner)
        self._threads = ThreadPoolExecutor(1)

    def close(self) -> None:
        """Forget what waits, end what runs."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.interrupt()
        self._threads.shutdown()


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Inline = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def inline(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> Inline:
    """Return a function that runs pytest in this process, and its experiments in `runner`.

    For what needs no process of its own: five seconds less each time.
    """

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        out, error = io.StringIO(), io.StringIO()
        variables = dict(os.environ)
        handlers = {n: signal.getsignal(n) for n in SIGNALS}
        monkeypatch.setattr(launch, "Pool", lambda jobs: SharedPool(runner))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            status = pytest.main([*arguments, "-p", "no:xdist"])
        for number, handler in handlers.items():
            signal.signal(number, handler)
        os.environ.clear()
        os.environ.update(variables)
        return subprocess.CompletedProcess(arguments, int(status), out.getvalue(), error.getvalue())

    return run


@pytest.fixture
def inline_suite(tmp_path: Path, inline: Inline) -> Suite:
    """Return what `suite` does, in this process and with its worker processes."""
    return lambda *options: inline(*suite_command(tmp_path)[3:], *options)


@pytest.fixture
def make_record() -> Callable[..., Trained]:
    """Return a function that builds a whole record with the given fields changed."""
    return build_record


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
FLAGS = (
    "--no-sandbox",  # which root has no use of
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",  # nothing but the page is asked for
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return Debian's Chromium, headless, or skip."""
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH; apt-get install chromium")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # a slow machine, and what runs beside
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a new page that lets no error of a script pass, and asks nobody but this machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    found = context.new_page()
    found.set_default_timeout(60_000)
    wrong: list[str] = []
    found.on("pageerror", lambda error: wrong.append(str(error)))
    found.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("http://127.0.0.1:", "data:", "blob:", "file:"))
            else wrong.append(request.url)
        ),
    )
    yield found
    context.close()
    assert wrong == []
