"""What ``python -m reports`` can be asked."""

import argparse
from datetime import date
from pathlib import Path

from reports.schema.text import names


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return what parses a command line; ``command`` is the name of what is to be run."""
    parser = argparse.ArgumentParser(prog="python -m reports", description=description)
    commands = parser.add_subparsers(dest="command", required=True)
    _declare_render(commands)
    _declare_brief(commands)
    _declare_compare(commands)
    _declare_selftest(commands)
    _declare_history(commands)
    _declare_trend(commands)
    _declare_versions(commands)
    _declare_advice(commands)
    _declare_replication(commands)
    return parser


def _declare_render(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("render", help="write report.md, report.html, tables and figures")
    _declare_results(command)
    command.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if what is in DIR is stale"
    )


def _declare_brief(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "brief", help="write brief.md, which fits into a comment on a pull request"
    )
    _declare_results(command)


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


def _declare_selftest(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "selftest",
        help="count the gate's false alarms between runs of unchanged code, and its power",
        description="Exit status: 0, or 1 if false alarms are surely more than they may be.",
    )
    command.add_argument(
        "sessions", nargs="+", type=Path, metavar="PATH", help="one run's results each, in order"
    )


def _declare_history(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "history",
        help="list every run that was ever made",
        description="Exit status: 0, also where no run is as asked for; 2 for bad usage.",
    )
    command.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="result folder or file"
    )
    command.add_argument("--networks", type=names, default=(), metavar="A,B")
    command.add_argument("--backends", type=names, default=(), metavar="A,B")
    command.add_argument(
        "--version",
        action="append",
        default=[],
        metavar="REQUIREMENT",
        help="of what computed, as keras>=3.13; several must all be met",
    )
    command.add_argument("--since", type=_day, metavar="DATE", help="first day, such as 2026-11-26")
    command.add_argument("--until", type=_day, metavar="DATE", help="last day")
    command.add_argument("--json", action="store_true", help="all that is known, unrounded")
    command.add_argument(
        "--add",
        action="append",
        type=Path,
        default=[],
        metavar="PATH",
        help="put the runs of another file or folder, of whatever machine, into the first PATH's",
    )


def _declare_trend(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "trend",
        help="what changed over commits or versions, and where first",
        description="Exit status: 0, 1 if --check finds the page stale, 2 bad usage.",
    )
    command.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="result folder, with its history"
    )
    command.add_argument(
        "--over",
        default="commit",
        metavar="WHAT",
        help="commit (the default), or a package: keras, jax, tensorflow, …",
    )
    command.add_argument("--networks", type=names, default=(), metavar="A,B")
    command.add_argument("--backends", type=names, default=(), metavar="A,B")
    command.add_argument("-o", "--output", type=Path, metavar="DIR", help="write trend.md there")
    command.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if what is in DIR is stale"
    )


def _declare_advice(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "advice",
        help="a page of what python -m bench advise found",
        description="Exit status: 0, 1 if --check finds the page stale, 2 bad usage.",
    )
    command.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="what advise --json wrote"
    )
    _declare_page(command, "advice.md")


def _declare_page(command: argparse.ArgumentParser, page: str) -> None:
    """Declare where a page goes, and that it may be checked instead."""
    command.add_argument(
        "-o", "--output", type=Path, metavar="DIR", required=True, help=f"write {page} there"
    )
    command.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if what is in DIR is stale"
    )


def _declare_replication(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "replication",
        help="the study's claims and questions on one page, from its trainings in full",
        description="Exit status: 0, 1 if --check finds the page stale, 2 bad usage.",
    )
    command.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="result folder or file"
    )
    _declare_page(command, "replication.md")


def _declare_versions(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "versions",
        help="which release of a framework made something slower, larger or different",
        description="Exit status: 0, 1 if --check finds the page stale, 2 bad usage.",
    )
    command.add_argument(
        "folder", type=Path, metavar="DIR", help="what python -m bench versions wrote"
    )
    command.add_argument(
        *("-o", "--output"), type=Path, metavar="DIR", help="folder for the page (DIR)"
    )
    command.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if what is in DIR is stale"
    )


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"takes a date as in 2026-11-26, got {value!r}") from None
