"""How a command that measures in turns ends, whatever stops it: one line and an exit status."""

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
