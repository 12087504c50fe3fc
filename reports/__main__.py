"""``python -m reports render PATH... -o DIR``: one report from any number of result files."""

import argparse
import sys
from pathlib import Path

from reports.load import LoadError, load


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status: 0, or 2 for input that cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m reports", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    render = commands.add_parser("render", help="write report.md, report.html, tables and figures")
    render.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="result file or folder")
    render.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    options = parser.parse_args(arguments)
    try:
        results = load(options.paths)
        from reports.render import render as write  # matplotlib and pandas: not for a bad path

        print(f"report: {write(results, options.output)}")
    except (LoadError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
