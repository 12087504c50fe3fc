"""``python -m bench duel BASE HEAD``: two versions, measured in turns."""

import argparse
import contextlib
import re
import signal
import sys
import tempfile
from pathlib import Path

import pandas as pd

from bench.duel import sides
from bench.duel.contest import Contest, Outcome
from bench.duel.sides import SideError
from bench.duel.verdict import ERROR, LIMIT, LOOKS, Estimate
from bench.executors.held_folder import HeldFolder
from bench.executors.process import Runner
from bench.interrupt import Interrupt
from bench.machine import usable_cores
from bench.plan import PlanError, Selection, plan
from reports.schema.text import plain

FINE, SLOWER, BAD_USAGE, NOT_SETTLED, FAILED = range(5)
"""Exit statuses."""
MINUTES = 15.0
DESCRIPTION = (
    "A side is a commit, branch or tag; . (this checkout with its changes); a package "
    "(keras==3.15.0); a variable (XLA_FLAGS=…); or a setting (execution=tuned, "
    "precision=mixed_bfloat16, backend=jax). Exit status: 0 nothing is slower by the limit, 1 "
    "something is, 2 bad usage, 3 not settled in the time there was, 4 a side failed."
)


def declare(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    command = commands.add_parser(
        "duel", help="measure two versions in turns", description=DESCRIPTION
    )
    command.add_argument("base", metavar="BASE", help="what was before")
    command.add_argument("head", metavar="HEAD", help="what is now")
    command.add_argument("--networks", type=_names, default=(), metavar="A,B")
    command.add_argument("--datasets", type=_names, default=(), metavar="A,B")
    command.add_argument("--backends", type=_names, default=(), metavar="A,B")
    command.add_argument("--cores", type=int, default=1, help="that both sides share (1)")
    command.add_argument("--limit", type=_share, default=LIMIT, metavar="N%", help="(10%%)")
    command.add_argument(
        "--budget", type=_minutes, default=MINUTES, metavar="N[m]", help="minutes (15)"
    )
    command.add_argument("--seed", type=int, default=0, help="of the order of the turns")
    command.add_argument(
        "--log",
        type=Path,
        default=Path("results/duel.jsonl"),
        metavar="FILE",
        help="every pair is added to it (results/duel.jsonl)",
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure, and print what it came to."""
    signal.signal(signal.SIGTERM, Interrupt())
    signal.signal(signal.SIGINT, Interrupt())
    try:
        return _run(options)
    except (SideError, PlanError, OSError) as error:
        print(f"error: {plain(str(error))}", file=sys.stderr)
        return BAD_USAGE


def _run(options: argparse.Namespace) -> int:
    selection = Selection(
        profile="smoke",
        backends=options.backends,
        networks=options.networks,
        datasets=options.datasets,
        epochs=2,
        cores=(options.cores,),
    )
    experiments = [experiment for experiment in plan(selection) if experiment.epochs]
    options.log.parent.mkdir(parents=True, exist_ok=True)
    cores = usable_cores()[-options.cores :]
    with contextlib.ExitStack() as stack:
        held = HeldFolder()
        stack.callback(held.close)
        made = []
        for letter in "ab":  # paths of equal length
            folder = Path(tempfile.mkdtemp(prefix=f"{letter}-", dir=held.path))
            made.append(stack.enter_context(sides.make(getattr(options, _SIDES[letter]), folder)))
        base, head = made
        runners = [stack.enter_context(Runner(cores, side.installation)) for side in made]
        contest = Contest(
            (base, head),
            (runners[0], runners[1]),
            experiments,
            folder=held.path,
            cores=cores,
            log=options.log,
            seed=options.seed,
            limit=options.limit,
            say=lambda line: print(plain(line), flush=True),
        )
        try:
            outcome = contest.run(options.budget * 60)
        except KeyboardInterrupt:
            print(f"stopped; what was measured is in {options.log}", file=sys.stderr)
            outcome = contest.outcome()
    print(text(outcome, options.limit))
    return status(outcome)


_SIDES = {"a": "base", "b": "head"}


def status(outcome: Outcome) -> int:
    """Return the exit status."""
    slower = [c for c in outcome.cells if outcome.cpu[c.name].verdict == "slower" and c.confirmed]
    if slower or any(each.verdict == "slower" for each in outcome.together.values()):
        return SLOWER
    if any(cell.failure for cell in outcome.cells):
        return FAILED
    open_cells = any(_verdict(outcome, c.name) == "not settled" for c in outcome.cells)
    return NOT_SETTLED if open_cells else FINE


def text(outcome: Outcome, limit: float) -> str:
    """Return the verdicts as a table with a sentence."""
    rows = [
        {
            "network, backend": cell.name,
            "verdict": "failed" if cell.failure else _verdict(outcome, cell.name),
            "CPU time": _change(outcome.cpu[cell.name]),
            "wall time": _change(outcome.wall[cell.name]),
            "pairs": f"{len(cell.sound)}" + _void(len(cell.pairs) - len(cell.sound)),
            "numerics": cell.numerics,
        }
        for cell in outcome.cells
    ]
    lines = [pd.DataFrame(rows).to_string(index=False), ""]
    for backend, each in outcome.together.items():
        if sum(cell.experiment.backend == backend for cell in outcome.cells) > 1:
            lines.append(f"{backend}, all networks together: {each.verdict}, {_change(each)}")
    lines.append(
        f"Steady epochs, head over base; slower: surely, and by {limit / 2:.0%} or more; not "
        f"slower: surely by less than {limit:.0%}. The chance of any alarm between equal versions "
        f"is {ERROR:.0%} at most."
    )
    sound = [cell for cell in outcome.cells if not cell.failure]
    if any(_verdict(outcome, cell.name) == "not settled" for cell in sound):
        lines.append(
            f"Not settled: more pairs (to {LOOKS[-1]}, --budget) or a quieter machine would tell."
        )
    return "\n".join(lines)


def _verdict(outcome: Outcome, name: str) -> str:
    cell = next(cell for cell in outcome.cells if cell.name == name)
    found = outcome.cpu[name].verdict
    return "not settled" if found == "slower" and not cell.confirmed else found


def _void(number: int) -> str:
    return f" and {number} void" if number else ""


def _change(found: Estimate) -> str:
    if found.pairs == 0:
        return "–"
    high = "…" if found.high > 9 else f"{found.high:+.1%}"
    low = "…" if found.low <= -1 else f"{found.low:+.1%}"
    return f"{found.change:+.1%} ({low} to {high})"


def _names(value: str) -> tuple[str, ...]:
    return tuple(filter(None, value.split(",")))


def _share(value: str) -> float:
    number = float(value.removesuffix("%")) / 100
    if not 0 < number < 10:
        raise argparse.ArgumentTypeError(f"{value} is no share above 0%")
    return number


def _minutes(value: str) -> float:
    if not re.fullmatch(r"\d+(\.\d+)?m?", value) or not float(value.removesuffix("m")):
        raise argparse.ArgumentTypeError(f"{value} is no number of minutes, as 15m")
    return float(value.removesuffix("m"))
