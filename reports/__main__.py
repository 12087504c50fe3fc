"""``python -m reports``: results to a report, and two sets of results to verdicts."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from reports.gate.limits import GateError, read
from reports.load import LoadError, Results, load
from reports.schema.text import escape_what_cannot_be_printed, plain

if TYPE_CHECKING:
    from reports.against import Base

FINE, REGRESSION, BAD_USAGE, NOTHING_COMPARABLE, DISTURBED = range(5)
"""Exit statuses. Of ``render``: 0, 1 if ``--check`` finds the report stale, 2."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status."""
    escape_what_cannot_be_printed(sys.stdout, sys.stderr)
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (LoadError, GateError, OSError) as error:
        print(f"error: {plain(str(error))}", file=sys.stderr)
        return BAD_USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m reports", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _declare_render(commands)
    _declare_brief(commands)
    _declare_compare(commands)
    _declare_selftest(commands)
    return parser


def _declare_render(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("render", help="write report.md, report.html, tables and figures")
    _declare_results(command)
    command.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if what is in DIR is stale"
    )
    command.set_defaults(run=_render)


def _declare_brief(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "brief", help="write brief.md, which fits into a comment on a pull request"
    )
    _declare_results(command)
    command.set_defaults(run=_brief)


def _declare_results(command: argparse.ArgumentParser) -> None:
    """Declare what is reported, what it is held against, and where the report goes."""
    command.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="result file or folder"
    )
    command.add_argument(
        "--against",
        type=Path,
        metavar="BASE",
        help="earlier results, one of the PATHs or another: both sides are shown, and what changed",
    )
    command.add_argument(
        *("-o", "--output"),
        type=Path,
        metavar="DIR",
        help="default: beside the first PATH, with -report after its name",
    )


def _declare_compare(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "compare",
        help="compare two sets of results",
        description="Exit status: 0 fine, 1 something regressed, failed or is missing, "
        "2 bad usage, 3 nothing could be compared, 4 others disturbed every run of a side.",
    )
    command.add_argument("base", type=Path, metavar="BASE", help="result file or folder: before")
    command.add_argument("head", type=Path, metavar="HEAD", help="result file or folder: after")
    command.add_argument(
        "--markdown",
        type=Path,
        metavar="FILE",
        help="write the comparison as Markdown, for a pull request",
    )
    command.add_argument("--all", action="store_true", help="list what stayed the same, too")
    command.add_argument(
        "--advisory",
        action="append",
        default=[],
        choices=("quality", "time", "size"),
        help="report this kind without failing",
    )
    command.add_argument(
        "--allow-missing",
        action="store_true",
        help="do not fail for an experiment that only BASE has",
    )
    command.add_argument(
        "--threshold",
        action="append",
        default=[],
        metavar="METRIC=N or N%",
        help="change that is to be found, instead of pyproject.toml's",
    )
    command.set_defaults(run=_compare)


def _declare_selftest(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "selftest",
        help="count the gate's false alarms between runs of unchanged code, and its power",
        description="Exit status: 0, or 1 if false alarms are surely more than they may be.",
    )
    command.add_argument(
        "sessions", nargs="+", type=Path, metavar="PATH", help="one run's results each, in order"
    )
    command.set_defaults(run=_selftest)


def _render(options: argparse.Namespace) -> int:
    results, base, output = _results(options)
    from reports import render  # matplotlib and pandas: not for a bad path

    if not options.check:
        print(plain(f"report: {render.render(results, output, base)}"))
        return FINE
    stale = render.stale(results, output, base)
    for path in stale:
        print(plain(f"stale: {path}"))
    if stale:
        command = f"python -m reports render {' '.join(map(str, options.paths))}"
        command += f" --against {options.against}" if options.against else ""
        print(plain(f"{command} -o {output} makes them anew"))
    return REGRESSION if stale else FINE


def _brief(options: argparse.Namespace) -> int:
    results, base, output = _results(options)
    from reports import render

    print(plain(f"brief: {render.brief(results, output, base)}"))
    return FINE


def _results(options: argparse.Namespace) -> "tuple[Results, Base | None, Path]":
    """Return what is reported, what it is held against, and the folder of the report."""
    paths, base = list(options.paths), options.against
    if base:
        paths = [path for path in paths if path.resolve() != base.resolve()]
        if not paths:
            raise LoadError(f"--against {base}: name the later results, too")
    results, before = _load(paths), _load([base]) if base else None
    first = paths[0].resolve()
    output = options.output or first.with_name(f"{first.stem}-report")
    if before is None:
        return results, None, output
    from reports.against import Base

    return results, Base(name=str(base), results=before), output


def _compare(options: argparse.Namespace) -> int:
    limits = read(options.threshold)
    base, head = _load([options.base]), _load([options.head])
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
    sessions = [_load([path]).records for path in options.sessions]
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


def _load(paths: list[Path]) -> Results:
    results = load(paths)
    for line in results.skipped:
        print(f"warning: {plain(line)}", file=sys.stderr)
    return results


if __name__ == "__main__":
    sys.exit(main())
