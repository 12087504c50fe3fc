"""The suite under a name of its own, for other projects: a command, a function, a pytest plug-in.

The suite's folders have generic names, so nothing of them is imported here: they are on the path of
the processes that this package starts, and of no other.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SUITE = next(
    folder
    for folder in (Path(__file__).parent / "suite", Path(__file__).parents[2])
    if (folder / "bench" / "__main__.py").is_file()
)
"""Folder of the suite: within this package where it is installed, beside it in a checkout."""
RESULTS = Path(".keras-bench", "records")
"""Where records are kept in another project, below its working directory."""
LINES = 25
"""Of the output of a run that did not end well."""
TESTS = {"run": "test_phases.py", "equivalence": "test_equivalence.py"}
"""Commands that are pytest, and the file of ``bench/`` that it runs."""
PROGRAMS = {
    **dict.fromkeys(("advise", "duel", "info", "versions"), "bench"),
    **dict.fromkeys(("render", "compare", "brief", "selftest", "history", "trend"), "reports"),
    **dict.fromkeys(("advice", "replication"), "reports"),
    "studio": "studio",
    "datasets": "datasets",
}
"""Other commands, and the module that has them."""
ALONE = ("studio", "datasets")
"""Modules that are one command."""


class BenchmarkFailedError(Exception):
    """An experiment gave no result, or a run did not end well. The message says which and why."""


def command(arguments: Sequence[str]) -> list[str]:
    """Return the command line of a command of the suite. Raises `ValueError` for an unknown one."""
    name, *rest = arguments
    python = [sys.executable, "-P"]  # nothing of the working directory is imported by chance
    if name in TESTS:
        configured = ("-c", str(SUITE / "pyproject.toml"), "--rootdir", str(SUITE))
        return [
            *python,
            "-m",
            "pytest",
            *configured,
            "-p",
            "no:cacheprovider",
            str(SUITE / "bench" / TESTS[name]),
            *rest,
        ]
    if name not in PROGRAMS:
        raise ValueError(f"unknown command {name!r}; there are {', '.join((*TESTS, *PROGRAMS))}")
    module = PROGRAMS[name]
    return [*python, "-m", module, *(rest if name in ALONE else arguments)]


def environment() -> Mapping[str, str]:
    """Return the variables of a process that finds the suite's folders.

    Options for the tests of the project around (``PYTEST_ADDOPTS``) are none for the suite's.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    path = os.pathsep.join(filter(None, (str(SUITE), kept.get("PYTHONPATH"))))
    return {**kept, "PYTHONPATH": path}


def benchmark(
    network: str,
    *,
    data: str | None = None,
    backends: Sequence[str] = (),
    options: Sequence[str] = (),
    results: Path | str = RESULTS,
) -> list[dict[str, Any]]:
    """Train, test and time a network; return a record for each backend, as dictionaries.

    ``network`` is ``file.py:build`` and the like, ``data`` ``file.py:load`` and the like (None:
    generated to fit), ``options`` are further ones of ``keras-bench run``. Raises
    `BenchmarkFailedError` wherever that would not end with 0: a loss that is not finite, say, or
    something slower with ``--baseline`` or ``--against``.
    """
    with tempfile.TemporaryDirectory(prefix="keras-bench-") as folder:
        output = Path(folder, "out.json")
        arguments = ["run", "-q", "--benchmark-quiet", "--networks", network]
        arguments += ["--results-dir", str(results)]
        arguments += ["--datasets", data] if data else []
        arguments += ["--backends", ",".join(backends)] if backends else []
        done = subprocess.run(
            command([*arguments, *options, "--benchmark-json", str(output)]),
            env=environment(),
            capture_output=True,
            text=True,
        )
        if not output.exists():
            raise BenchmarkFailedError(_told(done.stderr or done.stdout, done.returncode))
        content = json.loads(output.read_text(encoding="utf-8"))
    found = {entry["extra_info"]["id"]: entry["extra_info"] for entry in content["benchmarks"]}
    found |= {record["id"]: record for record in content["records"]}
    failed = [record for record in found.values() if record["outcome"] == "failed"]
    if failed:
        told = [f"{record['id']}: {record['reason']}\n{record['log'] or ''}" for record in failed]
        raise BenchmarkFailedError("\n".join(told))
    if done.returncode:
        raise BenchmarkFailedError(_told(done.stdout, done.returncode))
    return list(found.values())


def _told(output: str, status: int) -> str:
    """Return the end of what a run printed."""
    lines = [line for line in output.splitlines() if line.strip()]
    return "\n".join([*lines[-LINES:], f"keras-bench run ended with {status}"])
