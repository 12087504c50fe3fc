"""``python -m reports``: results to a report, and two sets of results to verdicts."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reports import output
from reports.gate.limits import GateError, read
from reports.load import LoadError, Results, load, load_history
from reports.options import parser
from reports.schema.reading import RecordError
from reports.schema.text import escape_what_cannot_be_printed, plain

if TYPE_CHECKING:
    from reports.changes import Base

FINE, REGRESSION, BAD_USAGE, NOTHING_COMPARABLE, DISTURBED = range(5)
"""Exit statuses. Of ``render``: 0, 1 if ``--check`` finds the report stale, 2."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status."""
    escape_what_cannot_be_printed(sys.stdout, sys.stderr)
    options = parser(__doc__).parse_args(arguments)
    try:
        return RUN[options.command](options)
    except (LoadError, GateError, OSError) as error:
        print(f"error: {plain(str(error))}", file=sys.stderr)
        return BAD_USAGE


def _render(options: argparse.Namespace) -> int:
    results, base, folder = _results(options)
    from reports import render  # matplotlib and pandas: not for a bad path

    if not options.check:
        print(plain(f"report: {render.render(results, folder, base)}"))
        return FINE
    stale = render.stale(results, folder, base)
    for path in stale:
        print(plain(f"stale: {path}"))
    if stale:
        command = f"python -m reports render {' '.join(map(str, options.paths))}"
        command += f" --against {options.against}" if options.against else ""
        print(plain(f"{command} -o {folder} makes them anew"))
    return REGRESSION if stale else FINE


def _brief(options: argparse.Namespace) -> int:
    results, base, folder = _results(options)
    from reports import render

    print(plain(f"brief: {render.brief(results, folder, base)}"))
    return FINE


def _results(options: argparse.Namespace) -> "tuple[Results, Base | None, Path]":
    """Return what is reported, what it is held against, and the folder of the report."""
    paths, base = list(options.paths), options.against
    if base:
        paths = [path for path in paths if path.resolve() != base.resolve()]
        if not paths:
            raise LoadError(f"--against {base}: name the later results, too")
    results, before = _warned(load(paths)), _warned(load([base])) if base else None
    first = paths[0].resolve()
    folder = options.output or first.with_name(f"{first.stem}-report")
    if before is None:
        return results, None, folder
    from reports.changes import Base

    return results, Base(name=str(base), results=before), folder


def _compare(options: argparse.Namespace) -> int:
    limits = read(options.threshold)
    base, head = _warned(load([options.base])), _warned(load([options.head]))
    from reports.gate import comparable, compare
    from reports.gate import text as verdicts

    findings = compare.compare(base.records, head.records, limits)
    software = comparable.version_differences(base.records, head.records)
    for line in software:
        print(f"software, {plain(line)}")
    print(verdicts.text(findings, whole=options.all))
    if options.markdown:
        text = verdicts.markdown(findings, error=limits.error, software=software)
        options.markdown.write_text(text, encoding="utf-8")
    if not compare.compared(findings):
        return NOTHING_COMPARABLE
    if compare.regressed(findings, advisory=options.advisory, allow_missing=options.allow_missing):
        return REGRESSION
    return DISTURBED if compare.undecidable(findings, advisory=options.advisory) else FINE


def _selftest(options: argparse.Namespace) -> int:
    sessions = [_warned(load([path])).records for path in options.sessions]
    if len(sessions) < 2:
        raise LoadError("a self-test compares two runs at least")
    from reports.gate import selftest
    from reports.tables import table as tables

    gate = read()
    tested = (
        selftest.alarms(sessions, gate),
        selftest.verdicts(sessions, gate),
        selftest.power(sessions, gate),
    )
    for table in tested:
        print(f"{table.title}\n\n{tables.text(table)}\n")
    return REGRESSION if selftest.too_many(sessions, gate) else FINE


def _history(options: argparse.Namespace) -> int:
    from reports import history

    if options.add:
        print(f"added {history.add(options.add, options.paths[0])} runs", file=sys.stderr)
    results = _warned(load_history(options.paths))
    wanted = history.Wanted(
        networks=options.networks,
        backends=options.backends,
        versions=options.version,
        since=options.since,
        until=options.until,
    )
    runs = list(wanted.chosen(results.records))
    if options.json:
        print(history.json(runs))
    elif runs:
        print(history.text(runs))
    print(f"{len(runs)} of {len(results.records)} runs", file=sys.stderr)
    return FINE


def _trend(options: argparse.Namespace) -> int:
    if options.check and not options.output:
        raise LoadError("--check needs -o DIR, the page that is checked")
    from reports.history import Wanted
    from reports.trend import page
    from reports.trend.trend import trend

    wanted = Wanted(networks=options.networks, backends=options.backends)
    runs = wanted.chosen(_warned(load_history(options.paths)).records)
    shown = trend(runs, options.over, read())
    if options.check:
        return _check(options.output, page.files(shown))
    for line in page.sentences(shown):
        print(plain(line))
    if options.output:
        _write(options.output, page.PAGE, page.files(shown))
    return FINE


def _versions(options: argparse.Namespace) -> int:
    from reports.versions import causes, page, releases

    found, known = releases.read(options.folder), causes.read(options.folder)
    told = {cause for change in page.changes(found, known) for cause in change.causes}
    idle = [f"{causes.FILE}: no change is told: {c.text}" for c in known if c not in told]
    for line in (*found.skipped, *idle):
        print(f"warning: {plain(line)}", file=sys.stderr)
    folder = options.output or options.folder
    if options.check:
        return _check(folder, page.files(found, known))
    for line in page.sentences(found, known):
        print(plain(line))
    _write(folder, page.PAGE, page.files(found, known))
    return FINE


def _advice(options: argparse.Namespace) -> int:
    from reports.schema.advice import load as load_advice
    from reports.tables import advice

    found = []
    for path in options.files:
        try:
            found.append(load_advice(path))
        except RecordError as error:
            raise LoadError(f"{path}: {error}") from None
    files = {"advice.md": advice.page(found)}
    if options.check:
        return _check(options.output, files)
    _write(options.output, "advice.md", files)
    return FINE


def _replication(options: argparse.Namespace) -> int:
    results = _warned(load(options.paths))
    from reports.study import page

    files = page.files(results.records, options.paths, options.output)
    if options.check:
        return _check(options.output, files)
    _write(options.output, page.PAGE, files)
    return FINE


def _check(folder: Path, files: Mapping[str, str]) -> int:
    stale = output.stale(folder, files)
    for path in stale:
        print(plain(f"stale: {path}"))
    return REGRESSION if stale else FINE


def _write(folder: Path, page: str, files: Mapping[str, str]) -> None:
    output.write(folder, files)
    print(plain(f"page: {folder / page}"))


def _warned(results: Results) -> Results:
    for line in results.skipped:
        print(f"warning: {plain(line)}", file=sys.stderr)
    return results


RUN = {
    "render": _render,
    "brief": _brief,
    "compare": _compare,
    "selftest": _selftest,
    "history": _history,
    "trend": _trend,
    "versions": _versions,
    "advice": _advice,
    "replication": _replication,
}


if __name__ == "__main__":
    sys.exit(main())
