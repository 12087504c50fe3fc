"""How long a command that measures in turns may take, and how it ends, whatever stops it."""

import argparse
import re
import signal
import sys
from collections.abc import Callable

from bench.duel.sides import SideError
from bench.executors.executor import ExecutorError
from bench.interrupt import Interrupt
from bench.selection import PlanError
from reports.schema.text import plain

FINE, SLOWER, BAD_USAGE, NOT_SETTLED, FAILED = range(5)
"""Exit statuses."""


def minutes(value: str) -> float:
    """Return minutes as users type them: 15, 2.5 or 15m. Raises `argparse.ArgumentTypeError`."""
    if not re.fullmatch(r"\d+(\.\d+)?m?", value) or not float(value.removesuffix("m")):
        raise argparse.ArgumentTypeError(f"takes minutes, such as 15 or 15m, got {value!r}")
    return float(value.removesuffix("m"))


def ended(measure: Callable[[], int], *, stopped: str) -> int:
    """Return the exit status of a command; ``stopped`` is said where Ctrl-C or SIGTERM ends it."""
    signal.signal(signal.SIGTERM, Interrupt())
    signal.signal(signal.SIGINT, Interrupt())
    try:
        return measure()
    except (SideError, PlanError, OSError) as error:
        print(f"error: {plain(str(error))}", file=sys.stderr)
        return BAD_USAGE
    except ExecutorError as error:
        print(f"error: {plain(str(error))}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print(f"stopped: {stopped}", file=sys.stderr)
        return NOT_SETTLED
