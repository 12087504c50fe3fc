"""Pytest's side of one run of the suite: one object that holds all there is to know of it."""

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bench import progress, summary, variables
from bench.backends import phases
from bench.executors.executor import ExecutorError
from bench.interrupt import Interrupt
from bench.launch import launch, load_baseline
from bench.options import Options
from bench.replay import Phase, ReplayTimer, phase_seconds
from bench.selection import PlanError
from bench.session import Session
from bench.writable import require_file, require_folder
from reports.schema.record import Failed, Measured, Observed, Record, to_builtins

if TYPE_CHECKING:
    from bench.duel.against import Against
    from reports.gate.finding import Finding
    from reports.load import Results

UNDECIDED = 6
"""Exit status, after pytest's own: others disturbed every run of a side of the comparison, nothing
could be compared, or a duel did not settle in its time."""
EQUIVALENCE = Path(__file__).with_name("test_equivalence.py")


def wants_benchmarks(config: pytest.Config) -> bool:
    """Return whether the files of this folder are among those asked for."""
    bench = Path(__file__).parent
    paths = [Path(argument.partition("::")[0]).resolve() for argument in config.args]
    return any(path.is_relative_to(bench) or bench.is_relative_to(path) for path in paths)


def wants_equivalence(config: pytest.Config) -> bool:
    """Return whether the comparison of backends is asked for by the file's name."""
    return any(Path(arg.partition("::")[0]).resolve() == EQUIVALENCE for arg in config.args)


def start(config: pytest.Config) -> "BenchPlugin":
    """Plan the benchmarks and take signals for an orderly end. Raises `pytest.UsageError`."""
    options = Options.read(config, equivalence=wants_equivalence(config))
    baseline = load_baseline(options)
    plugin = BenchPlugin(options, launch(options), baseline)
    interrupt = Interrupt()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # an orderly end, unless under nohup
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, interrupt)
    return plugin


class BenchPlugin:
    """One run: its options, its session of experiments, what is shown of it and its verdict."""

    def __init__(self, options: Options, session: Session, baseline: "Results | None") -> None:
        self.options, self.session, self._baseline = options, session, baseline
        self._chosen: tuple[str, ...] = ()
        """Ids of what is to be run."""
        self._line: progress.ProgressLine | None = None
        self._comparison: tuple[Finding, ...] | None = None
        """Findings of `reports.gate.compare`, once the run has ended."""
        self._undecided = False
        self._against = _against(options)
        self._json_written = False

    def record(self, id: str) -> Record:
        """Return the record of an experiment, running it if need be; fail the test if it failed."""
        assert self._line
        with _executing():
            record = self.session.record(id, self._line.update)
        self._line.end(record, self.session.unsaved.get(id))
        if isinstance(record, Failed):
            pytest.fail(f"{record.reason}", pytrace=False)
        return record

    def report_phase(self, id: str, name: Phase, benchmark: Any, timer: ReplayTimer) -> Measured:
        """Return the record of an experiment, with one of its phases told to pytest-benchmark."""
        record = self.record(id)
        assert isinstance(record, Measured)
        seconds = phase_seconds(record, name)
        benchmark.group = f"{record.modality} {name}"
        benchmark.extra_info.update(to_builtins(record))
        if seconds and benchmark.enabled:
            timer.load(seconds)
            benchmark.pedantic(lambda: None, rounds=len(seconds), iterations=1)
        return record

    # Collection

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Give each benchmark the ids; session scope keeps the phases of one together."""
        if "experiment" not in metafunc.fixturenames:
            return
        task = "equivalence" if "compared" in metafunc.fixturenames else "benchmark"
        ids = [
            id
            for id, experiment in self.session.experiments.items()
            if experiment.task == task and metafunc.function.__name__ in phases(experiment.backend)
        ]
        names = [self.session.experiments[id].test_id for id in ids]
        metafunc.parametrize("experiment", ids, ids=names, scope="session")

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out what did not fail, if only failures are to be run again."""
        if not self.options.rerun_failed or not _ids(items):
            return
        failed = self.session.store.failed()
        again = {e.id for e in self.session.experiments.values() if (e.id, e.recipe) in failed}
        dropped = [item for item in items if not set(_ids([item])) <= again]
        if dropped:
            config.hook.pytest_deselected(items=dropped)
            items[:] = [item for item in items if item not in dropped]

    def pytest_report_collectionfinish(self, items: list[pytest.Item]) -> list[str]:
        """Say what will be run, and on what."""
        ids = _ids(items)
        if not ids:
            return []
        chosen = [self.session.experiments[id] for id in ids]
        data = "SYNTHETIC data" if chosen[0].synthetic else "real data"
        backends = ", ".join(dict.fromkeys(experiment.backend for experiment in chosen))
        return [f"profile {chosen[0].profile} ({data}), {backends}: {len(ids)} experiments"]

    # The run

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Before the first experiment: get the data, say what is missing and what is reused."""
        ids = _ids(session.items)
        if not ids or session.config.option.collectonly:
            return
        self._chosen = tuple(ids)
        terminal: Any = session.config.pluginmanager.get_plugin("terminalreporter")
        capture: Any = session.config.pluginmanager.get_plugin("capturemanager")
        self._require_writable(session.config)
        if self._against:
            self._against.open(self.session.experiments[id] for id in ids)
        with _executing():
            for notice in self.session.warm_up(ids):
                mark = "REFUSED " if notice.refused else ""
                terminal.write_line(f"{mark}{notice.text}", yellow=notice.refused)
        for reason in self.session.prepare(ids):
            terminal.write_line(f"NO DATA {reason}", red=True)
        backends = dict.fromkeys(self.session.experiments[id].backend for id in ids)
        skipped = self._baseline.skipped if self._baseline else ()
        notices = variables.notices(os.environ, backends)
        for line in (*skipped, *self.session.remarks, *notices):
            terminal.write_line(line, yellow=True)
        left = self._reuse_or_start_anew(ids, terminal)
        self._line = progress.ProgressLine(terminal, capture, left)
        if self.options.selection.jobs != 1 or self.options.address:
            with _executing():
                self.session.submit(left)
        terminal.showfspath = False

    def _require_writable(self, config: pytest.Config) -> None:
        """Look at once at what is written in the end. Raises `pytest.UsageError`."""
        try:
            require_folder("--results-dir", self.session.store.folder)
            if path := config.getoption("benchmark_json"):
                require_file("--benchmark-json", Path(path))
        except PlanError as error:
            raise pytest.UsageError(str(error)) from None

    def _reuse_or_start_anew(self, ids: list[str], terminal: Any) -> list[str]:
        """Say what is reused and what starts again; return what is to be run."""
        run = self.session
        if self.options.resume:
            reasons = run.reuse(ids)
            for id, record in run.records.items():
                where = record.environment.machine if isinstance(record, Observed) else "?"
                terminal.write_line(f"reused {id}, of {record.started_at[:16]}, {where}")
            for id, why in reasons.items():
                terminal.write_line(f"to run {id}: {why}")
            return list(reasons)
        if not self.options.rerun_failed and (stopped := run.start_anew(ids)):
            terminal.write_line(
                f"{len(stopped)} unfinished trainings start again, since --resume was not given: "
                f"{', '.join(stopped)}. Their checkpoints stay until new ones are written.",
                yellow=True,
            )
        return ids

    def pytest_report_teststatus(
        self, report: pytest.TestReport, config: pytest.Config
    ) -> tuple[str, str, str] | None:
        """Print no dot for a benchmark that passed: its experiment has a line of its own."""
        quiet = self._line is not None and config.option.verbose < 1
        return ("passed", "", "") if quiet and report.when == "call" and report.passed else None

    # The end

    def pytest_keyboard_interrupt(self) -> None:
        """End what runs at once: it is not to finish, and be kept, behind what is said of it."""
        self.session.close()

    def pytest_benchmark_update_json(self, output_json: dict[str, Any]) -> None:
        """Add the records that no benchmark carries: of failed experiments, above all."""
        carried = {entry["extra_info"].get("id") for entry in output_json["benchmarks"]}
        records = self.session.records.values()
        output_json["records"] = [to_builtins(r) for r in records if r.id not in carried]
        self._json_written = True

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Judge the run, and write the JSON that pytest-benchmark leaves out without times."""
        records = self.session.records.values()
        if not records:
            return
        bad = bool(self.session.unsaved)
        if self._baseline is not None:
            bad = self._regressed(self._baseline.records) or bad
        if self._against and len(records) == len(self._chosen):
            terminal: Any = session.config.pluginmanager.get_plugin("terminalreporter")
            bad = self._against.lost(self.options.against_minutes, terminal.write_line) or bad
            self._undecided = self._undecided or self._against.undecided
        elif self._against:
            self._against.text = "left out: not all that was chosen was run"
        if session.exitstatus == pytest.ExitCode.OK:
            if bad:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
            elif self._undecided:
                session.exitstatus = UNDECIDED
        path = session.config.getoption("benchmark_json")
        if path and not self._json_written:
            output: dict[str, Any] = {"benchmarks": []}
            self.pytest_benchmark_update_json(output)
            Path(path).write_text(json.dumps(output), encoding="utf-8")

    def _regressed(self, baseline: tuple[Record, ...]) -> bool:
        """Compare with the baseline's records of what was run; return whether it is worse."""
        from reports.gate import compare

        self._comparison = summary.compared(baseline, self.session)
        nothing = not compare.compared(self._comparison)
        self._undecided = nothing or compare.undecidable(self._comparison)
        return compare.regressed(self._comparison)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print one row per experiment, and the comparisons with other versions."""
        if self.session.records:
            summary.show(terminalreporter, self.session)
            if self._against and self._against.text:
                terminalreporter.section(f"in turns with {self._against.base}")
                terminalreporter.write_line(self._against.text)
            if self._comparison is not None:
                from reports.gate.text import text

                terminalreporter.section(f"compared with {self.options.baseline}")
                terminalreporter.write_line(text(self._comparison))
        if missing := set(self._chosen) - self.session.records.keys():
            terminalreporter.write_line(
                f"{len(missing)} of {len(self._chosen)} experiments were not finished. "
                f"The others are kept in {self.session.store.folder}; --resume goes on from there."
            )

    def pytest_unconfigure(self) -> None:
        """End the worker processes, whatever ended the session."""
        self.session.close()
        if self._against:
            self._against.close()


def _against(options: Options) -> "Against | None":
    if options.against is None:
        return None
    from bench.duel.against import Against

    return Against(options.against, options.selection, options.results_dir)


@contextlib.contextmanager
def _executing() -> Iterator[None]:
    """End the run with one line where nothing can be run, or nothing any longer."""
    try:
        yield
    except ExecutorError as error:
        pytest.exit(str(error), returncode=pytest.ExitCode.TESTS_FAILED)


def _ids(items: list[pytest.Item]) -> list[str]:
    """Return the ids of the experiments that the items belong to, each once, in order."""
    params: list[dict[str, Any]] = [
        item.callspec.params
        for item in items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
    ]
    ids = [param.get("experiment") for param in params]
    return list(dict.fromkeys(id for id in ids if isinstance(id, str)))
