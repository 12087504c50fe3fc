"""What has happened: a log, and a number that grows with every change that a page may show."""

import itertools
from collections import deque
from datetime import datetime

LOG_LINES = 5000
"""Kept; earlier ones are forgotten."""


class Journal:
    """Written from any thread, looked at by every page."""

    def __init__(self) -> None:
        self.version = 0
        self._versions = itertools.count(1)
        self.log: deque[str] = deque(maxlen=LOG_LINES)
        self.log_saved = True
        self.faults: list[str] = []
        """Of the studio itself, which every page tells."""

    def changed(self) -> None:
        """Let the pages look again."""
        self.version = next(self._versions)

    def say(self, line: str) -> None:
        """Add a line to the log."""
        self.log.append(f"{datetime.now():%H:%M:%S}  {line}")
        self.log_saved = False
        self.changed()

    def fault(self, error: Exception) -> None:
        """Note an exception that nobody has caught."""
        self.faults.append(f"a fault of the studio: {type(error).__name__}: {error}")
        self.say(self.faults[-1])

    def clear_log(self) -> None:
        """Forget all lines."""
        self.log.clear()
        self.log_saved = True
        self.changed()
