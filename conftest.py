"""Options, fixtures and output of ``pytest bench/``. Imports no Keras and builds no model."""

from __future__ import annotations

import contextlib
import json
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bench.pool import Executor
    from bench.progress import ProgressLine
    from bench.replay import ReplayTimer
    from bench.session import Session
    from bench.store import Store
    from reports.compare import Finding
    from reports.record import Record

ROOT = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of the benchmarks."""
    group = parser.getgroup("networks", "neural-network benchmarks (pytest bench/)")
    group.addoption("--profile", default="smoke", help="smoke (default), quick or thesis")
    group.addoption("--backends", metavar="A,B", help="default: those installed")
    group.addoption("--networks", metavar="A,B", help="default: all twelve")
    group.addoption("--datasets", metavar="A,B", help="default: all three")
    group.addoption("--seeds", metavar="N", help="repeat with seeds 0 to N-1; or A-B: from A to B")
    group.addoption("--epochs", metavar="N", help="instead of the profile's")
    group.addoption("--batch-size", metavar="N", help="instead of the recipe's")
    group.addoption("--samples", metavar="N", help="at most N training samples")
    group.addoption("--metrics", metavar="A,B", help="instead of the recipe's: precision, f1, …")
    group.addoption("--execution", metavar="A,B", help="default, tuned, epoch, step, jit, …")
    group.addoption("--precision", metavar="A,B", help="float32 (default), mixed_bfloat16")
    group.addoption("--data-dir", metavar="DIR", help="look here first for data files")
    group.addoption("--baseline", metavar="PATH", help="results to compare with at the end")
    group.addoption("--cores", metavar="N,M", help="bind experiments to N cores (default: all)")
    group.addoption("--jobs", metavar="N", default="1", help="run N side by side, times spoilt")
    group.addoption(
        "--cluster", metavar="ADDRESS", help="run on a Dask cluster: tcp://HOST:PORT, file, local:N"
    )
    group.addoption(
        "--cluster-resources",
        metavar="NAME=N,…",
        help="that each experiment asks of Dask's workers",
    )
    group.addoption("--results-dir", metavar="DIR", default="results/records", help="for records")
    group.addoption(
        "--resume", action="store_true", help="reuse what is in --results-dir; go on from there"
    )
    group.addoption(
        "--rerun-failed", action="store_true", help="run only what failed in --results-dir"
    )
    group.addoption(
        "--checkpoint-epochs", metavar="K", default="5", help="save each K epochs; 0 is never"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Plan the benchmarks, if they are asked for, so that bad input ends here with one line."""
    if not _selects_benchmarks(config):
        return
    if getattr(config.option, "numprocesses", None):
        raise pytest.UsageError(
            "-n runs experiments side by side, which spoils every timing; leave it out"
        )
    session_of(config)
    for name in ("SIGTERM", "SIGHUP"):  # an orderly end, as with Ctrl-C, unless under nohup
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


EQUIVALENCE = ROOT / "bench" / "test_equivalence.py"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Compare backends only where that is asked for by the file's name."""
    if collection_path == EQUIVALENCE and not _selects_equivalence(config):
        return True
    return None


def _selects_equivalence(config: pytest.Config) -> bool:
    return any(Path(arg.partition("::")[0]).resolve() == EQUIVALENCE for arg in config.args)


def _selects_benchmarks(config: pytest.Config) -> bool:
    paths = [Path(argument.partition("::")[0]).resolve() for argument in config.args]
    bench = ROOT / "bench"
    return any(path.is_relative_to(bench) or bench.is_relative_to(path) for path in paths)


SESSION: pytest.StashKey[Session] = pytest.StashKey()
BASELINE: pytest.StashKey[tuple[Record, ...]] = pytest.StashKey()
FINDINGS: pytest.StashKey[tuple[Finding, ...]] = pytest.StashKey()


def session_of(config: pytest.Config) -> Session:
    """Return the run of the suite, planned from the options at the first call."""
    if SESSION not in config.stash:
        try:
            from bench.plan import PlanError, plan, plan_comparisons
            from bench.session import Session, use_data_dir
            from bench.store import Store
            from reports.load import LoadError, load
        except ModuleNotFoundError as error:
            raise pytest.UsageError(
                f"{error}; python -m pip install '.[jax]' installs what the benchmarks need"
            ) from None

        address, jobs = config.getoption("cluster"), _number(config, "jobs") or 0
        local = re.fullmatch(r"local:(\d+)", address or "")
        if local and jobs != 1:
            raise pytest.UsageError(f"--cluster {address} runs so many at a time; leave out --jobs")
        if local:
            jobs = int(local[1])
        try:
            experiments = plan(
                profile=config.getoption("profile"),
                backends=_names(config, "backends"),
                networks=_names(config, "networks"),
                datasets=_names(config, "datasets"),
                seeds=_seeds(config.getoption("seeds")),
                epochs=_number(config, "epochs"),
                batch_size=_number(config, "batch_size"),
                samples=_number(config, "samples"),
                cores=_numbers(config, "cores"),
                jobs=jobs,
                remote=bool(address and not local),
                executions=_names(config, "execution"),
                precisions=_names(config, "precision"),
                metrics=_names(config, "metrics"),
            )
            if _selects_equivalence(config):
                experiments += plan_comparisons(
                    backends=_names(config, "backends"),
                    networks=_names(config, "networks"),
                    datasets=_names(config, "datasets"),
                    cores=_numbers(config, "cores"),
                )
            use_data_dir(config.getoption("data_dir"))
            if path := config.getoption("baseline"):
                config.stash[BASELINE] = load([Path(path)]).records
        except (PlanError, LoadError, NotADirectoryError) as error:
            raise pytest.UsageError(str(error)) from None
        store = Store(Path(config.getoption("results_dir")))
        config.stash[SESSION] = Session(
            experiments,
            store,
            _executor(config, address, jobs, store),
            checkpoint_epochs=max(0, _number(config, "checkpoint_epochs") or 0),
        )
    return config.stash[SESSION]


def _executor(config: pytest.Config, address: str | None, jobs: int, store: Store) -> Executor:
    if not address:
        from bench.pool import Pool

        return Pool(jobs)
    resources = {}
    for item in _names(config, "cluster_resources"):
        name, equals, number = item.partition("=")
        if not name or not equals or not number.replace(".", "", 1).isdigit():
            raise pytest.UsageError(f"--cluster-resources takes NAME=NUMBER,…, got {item!r}")
        resources[name] = float(number)
    try:
        from bench.cluster import Cluster
    except ModuleNotFoundError as error:
        raise pytest.UsageError(
            f"{error}; python -m pip install '.[cluster]' installs what --cluster needs"
        ) from None
    return Cluster(address, folder=store.folder, jobs=jobs, resources=resources)


@contextlib.contextmanager
def _executing() -> Iterator[None]:
    """End the run with one line where nothing can be run, or nothing any longer."""
    from bench.pool import ExecutorError

    try:
        yield
    except ExecutorError as error:
        pytest.exit(str(error), returncode=pytest.ExitCode.TESTS_FAILED)


def _names(config: pytest.Config, option: str) -> list[str]:
    return [name.strip() for name in (config.getoption(option) or "").split(",") if name.strip()]


def _seeds(text: str | None) -> range:
    first, dash, last = (text or "1").partition("-")
    try:
        seeds = range(int(first), int(last) + 1) if dash else range(int(first))
    except ValueError:
        seeds = range(0)
    if not seeds:
        raise pytest.UsageError(
            f"--seeds takes a number of seeds, or A-B with A no larger than B, got {text!r}"
        )
    return seeds


def _number(config: pytest.Config, option: str) -> int | None:
    text = config.getoption(option)
    return None if text is None else _whole(option, text)


def _numbers(config: pytest.Config, option: str) -> list[int]:
    return [_whole(option, text) for text in _names(config, option)]


def _whole(option: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        name = option.replace("_", "-")
        raise pytest.UsageError(f"--{name} takes a whole number, got {text!r}") from None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each benchmark the ids; session scope keeps the phases of an experiment together."""
    if "experiment" in metafunc.fixturenames:
        from bench.backends import phases

        task = "equivalence" if "compared" in metafunc.fixturenames else "benchmark"
        experiments = session_of(metafunc.config).experiments
        ids = [
            id
            for id, experiment in experiments.items()
            if experiment.task == task and metafunc.function.__name__ in phases(experiment.backend)
        ]
        metafunc.parametrize("experiment", ids, scope="session")


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> list[str]:
    """Say what will be run, and on what."""
    ids = _experiments(items)
    if not ids:
        return []
    chosen = [session_of(config).experiments[id] for id in ids]
    data = "embedded data: SYNTHETIC" if chosen[0].embedded else "real data"
    backends = ", ".join(dict.fromkeys(experiment.backend for experiment in chosen))
    return [f"profile {chosen[0].profile} ({data}), {backends}: {len(ids)} experiments"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what did not fail, if only failures are to be run again."""
    if not config.getoption("rerun_failed") or not _experiments(items):
        return
    run = session_of(config)
    failed = run.store.failed()
    again = {e.id for e in run.experiments.values() if (e.id, e.recipe) in failed}
    dropped = [item for item in items if not set(_experiments([item])) <= again]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Before the first experiment: prepare the data, name what is missing and what is reused."""
    ids = _experiments(session.items)
    if not ids or session.config.option.collectonly:
        return
    session.config.stash[CHOSEN] = set(ids)
    terminal: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    run = session_of(session.config)
    try:
        run.store.check()
    except OSError as error:
        raise pytest.UsageError(f"--results-dir {run.store.folder}: {error.strerror}") from None
    with _executing():
        for line in run.warm_up(ids):
            terminal.write_line(line, yellow=line.startswith("REFUSED"))
    for reason in run.prepare(ids):
        terminal.write_line(f"NO DATA {reason}", red=True)
    if session.config.getoption("resume"):
        reasons = run.reuse(ids)
        for id, record in run.records.items():
            where = record.environment.machine if record.environment else "?"
            terminal.write_line(f"reused {id}, of {record.started_at[:16]}, {where}")
        for id, why in reasons.items():
            terminal.write_line(f"to run {id}: {why}")
        ids = list(reasons)
    elif not session.config.getoption("rerun_failed") and (stopped := run.start_anew(ids)):
        terminal.write_line(
            f"{len(stopped)} unfinished trainings start again, since --resume was not given: "
            f"{', '.join(stopped)}. Their checkpoints stay until new ones are written.",
            yellow=True,
        )
    capture: Any = session.config.pluginmanager.get_plugin("capturemanager")
    from bench import progress

    session.config.stash[LINE] = progress.ProgressLine(terminal, capture, ids)
    if _number(session.config, "jobs") != 1 or session.config.getoption("cluster"):
        with _executing():
            run.submit(ids)
    terminal.showfspath = False


LINE: pytest.StashKey[ProgressLine] = pytest.StashKey()
CHOSEN: pytest.StashKey[set[str]] = pytest.StashKey()


def _experiments(items: list[pytest.Item]) -> list[str]:
    """Return the ids of the experiments that the items belong to, each once, in order."""
    params: list[dict[str, Any]] = [
        item.callspec.params
        for item in items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
    ]
    ids = [param.get("experiment") for param in params]
    return list(dict.fromkeys(id for id in ids if isinstance(id, str)))  # none: an empty set


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
) -> Callable[[str], Record]:
    """Return a function that gives the experiment's record and reports one of its phases.

    It runs the experiment if no other phase has; it fails the test if the experiment failed.
    """

    def measure(name: str) -> Record:
        record = _record(request.config, experiment)
        assert record.durations
        durations = record.durations
        seconds = {
            "build": (durations.build_seconds,),
            "train": durations.epoch_seconds,
            "predict": durations.latency_seconds,
        }[name]
        benchmark.group = f"{record.modality} {name}"
        from reports.record import to_builtins

        benchmark.extra_info.update(to_builtins(record))
        if seconds and benchmark.enabled:
            replay_timer.load(seconds)
            benchmark.pedantic(lambda: None, rounds=len(seconds), iterations=1)
        return record

    return measure


@pytest.fixture
def compared(request: pytest.FixtureRequest, experiment: str) -> Callable[[], Record]:
    """Return a function that gives the experiment's record; it fails the test if there is none."""
    return lambda: _record(request.config, experiment)


def _record(config: pytest.Config, experiment: str) -> Record:
    run, line = session_of(config), config.stash[LINE]
    with _executing():
        record = run.record(experiment, line.update)
    line.end(record, run.unsaved.get(experiment))
    if record.status == "failed":
        pytest.fail(f"{record.reason}", pytrace=False)
    return record


def pytest_report_teststatus(
    report: pytest.TestReport, config: pytest.Config
) -> tuple[str, str, str] | None:
    """Print no dot for a benchmark that passed: its experiment has a line of its own."""
    if (
        LINE in config.stash
        and report.when == "call"
        and report.passed
        and config.option.verbose < 1
    ):
        return "passed", "", ""
    return None


def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    """Add the records that no benchmark carries: of failed experiments, above all."""
    if SESSION in config.stash:
        from reports.record import to_builtins

        carried = {entry["extra_info"].get("id") for entry in output_json["benchmarks"]}
        records = session_of(config).records
        output_json["records"] = [to_builtins(r) for r in records.values() if r.id not in carried]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the JSON that pytest-benchmark leaves out when nothing was timed."""
    path, config = session.config.getoption("benchmark_json"), session.config
    records = session_of(config).records.values() if SESSION in config.stash else ()
    bad = bool(records and session_of(config).unsaved)
    if records and BASELINE in config.stash:
        from reports import compare, gate

        asked = {(r.architecture, r.backend, r.profile) for r in records}
        base = [
            record
            for record in config.stash[BASELINE]
            if (record.architecture, record.backend, record.profile) in asked
        ]
        findings = compare.compare(base, records, gate.read())
        config.stash[FINDINGS] = findings
        bad = bad or compare.regressed(findings)
    if bad and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if path and records and all(record.durations is None for record in records):
        output: dict[str, Any] = {"benchmarks": []}
        pytest_benchmark_update_json(config, output)
        Path(path).write_text(json.dumps(output), encoding="utf-8")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print one row per experiment."""
    if SESSION in config.stash and session_of(config).records:
        from reports import equivalence
        from reports.tables import overview, text

        run = session_of(config)
        compared = [record for record in run.records.values() if record.checks is not None]
        others = [record for record in run.records.values() if record.checks is None]
        if compared:
            terminalreporter.section("against the float64 reference")
            terminalreporter.write_line(text(equivalence.errors(compared)))
        if others:
            terminalreporter.section("experiments")
            terminalreporter.write_line(text(overview(others)))
        for id, why in run.unsaved.items():
            terminalreporter.write_line(f"NOT SAVED {id}: cannot write {why}", red=True)
        if FINDINGS in config.stash:
            from reports import verdicts

            terminalreporter.section(f"compared with {config.getoption('baseline')}")
            findings = config.stash[FINDINGS]
            terminalreporter.write_line(verdicts.text(findings))
    if CHOSEN in config.stash:
        run, chosen = session_of(config), config.stash[CHOSEN]
        if missing := chosen - run.records.keys():
            terminalreporter.write_line(
                f"{len(missing)} of {len(chosen)} experiments were not finished. "
                f"The others are kept in {run.store.folder}; --resume goes on from there."
            )


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the worker processes, whatever ended the session."""
    if SESSION in config.stash:
        session_of(config).close()
