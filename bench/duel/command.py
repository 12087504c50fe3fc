"""``python -m bench duel BASE HEAD``: two versions, measured in turns."""

import argparse
import re
from pathlib import Path

import msgspec

from bench.duel import report, sides
from bench.duel.arena import Arena, arena
from bench.duel.contest import Contest
from bench.duel.ending import minutes
from bench.duel.verdict import LIMIT
from bench.machine import ROOT, commit_info, usable_cores
from bench.outcome import now
from bench.plan import plan_trainings
from bench.selection import Selection
from bench.writable import require_file
from reports.schema.text import names
from reports.schema.writing import whole_file

MINUTES = 15.0
DESCRIPTION = (
    "A side is a commit, branch or tag; . (this checkout with its changes); packages "
    "(keras==3.14.1, or several with commas); a variable (XLA_FLAGS=…); or a setting "
    "(execution=tuned, precision=mixed_bfloat16, backend=jax). Exit status: 0 nothing is called "
    "slower (surely, and by half of --limit or more; by a quarter for all networks together), "
    "heavier or worse, 1 something is, 2 bad usage, 3 not settled in the time there was, or "
    "stopped, 4 a side failed."
)


def declare(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    command = commands.add_parser(
        "duel", help="measure two versions in turns", description=DESCRIPTION
    )
    command.add_argument("base", metavar="BASE", help="what was before")
    command.add_argument("head", metavar="HEAD", help="what is now")
    command.add_argument("--networks", type=names, default=(), metavar="A,B")
    command.add_argument("--datasets", type=names, default=(), metavar="A,B")
    command.add_argument("--backends", type=names, default=(), metavar="A,B")
    command.add_argument("--recipe", metavar="FILE", help="TOML: how your own are trained")
    command.add_argument("--custom-objects", metavar="FILE", help="classes of a .keras file")
    command.add_argument("--cores", type=int, default=1, help="how many, for both sides (1)")
    command.add_argument(
        "--limit", type=_share, default=LIMIT, metavar="N%", help="slow-down that matters (10%%)"
    )
    command.add_argument(
        "--budget", type=minutes, default=MINUTES, metavar="N[m]", help="minutes (15)"
    )
    command.add_argument("--seed", type=int, default=0, help="for the order of the turns (0)")
    command.add_argument(
        "--log",
        type=Path,
        default=Path("results/duel.jsonl"),
        metavar="FILE",
        help="every pair is added to it (results/duel.jsonl)",
    )
    command.add_argument(
        "--resume",
        action="store_true",
        help="go on with the pairs that the log has of these sides, on this machine",
    )
    command.add_argument("--json", type=Path, metavar="FILE", help="write the result")
    command.set_defaults(run=_run, stopped="there is no verdict")


def _run(options: argparse.Namespace) -> int:
    """Measure, and print what it came to."""
    selection = Selection(
        profile="smoke",
        backends=options.backends,
        networks=options.networks,
        datasets=options.datasets,
        recipe=options.recipe,
        custom_objects=options.custom_objects,
        epochs=2,
        cores=(options.cores,),
    )
    experiments = plan_trainings(selection)
    require_file("--log", options.log)
    if options.json:
        require_file("--json", options.json)
    cores = usable_cores()[-options.cores :]
    with arena(
        *(options.base, options.head, experiments),
        cores=cores,
        seed=options.seed,
        selection=selection,
    ) as where:
        if sides.AS_IT_IS not in (options.base, options.head) and _uncommitted(where):
            _say(f"changes that are not committed are on neither side: {sides.AS_IT_IS} has them")
        started_at = now()
        outcome = Contest(where, experiments, log=options.log, limit=options.limit, say=_say).run(
            options.budget * 60, resume=options.resume
        )
    print(report.text(outcome), flush=True)  # whatever becomes of the file
    if options.json:
        found = report.record(
            outcome, options.base, options.head, cores=options.cores, started_at=started_at
        )
        with whole_file(options.json) as stream:
            stream.write(msgspec.json.encode(found))
    return report.status(outcome)


def _uncommitted(where: Arena) -> bool:
    """Return whether a commit is a side, of a checkout that has changes."""
    commits = any(side.installation.root != ROOT for side in where.sides)
    return commits and bool(commit_info()[1])


def _say(line: str) -> None:
    print(line, flush=True)


def _share(value: str) -> float:
    if not re.fullmatch(r"\d+(\.\d+)?%?", value) or not 0 < float(value.removesuffix("%")) < 1000:
        raise argparse.ArgumentTypeError(f"takes a share above 0%, such as 10%, got {value!r}")
    return float(value.removesuffix("%")) / 100
