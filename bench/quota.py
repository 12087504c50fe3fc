"""How many cores a process may keep busy by the quota of its control group (Linux, containers).

Formats: the kernel's documentation of control groups, version 2 (``cpu.max``) and version 1
(``cpu.cfs_quota_us``).
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

GROUPS = Path("/proc/self/cgroup")
MOUNT = Path("/sys/fs/cgroup")
FILES = (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us"))
"""That hold a quota and its period, in microseconds: of version 2, and of version 1."""


def cores(groups: Path = GROUPS, mount: Path = MOUNT) -> int | None:
    """Return how many whole cores the quota is, at least 1; None: there is none.

    A part of a core is left out: threads there would be stopped in every period when its share is
    spent, and with them those that wait for them. The tightest counts of all groups around the
    process, as far as they are seen from inside a container.
    """
    limits = [limit for folder in _folders(groups, mount) if (limit := _limit(folder))]
    return min(limits, default=None)


def _folders(groups: Path, mount: Path) -> Iterator[Path]:
    """Yield the folder of each group around the process that may limit its cores."""
    lines = []
    with contextlib.suppress(OSError):
        lines = groups.read_text().splitlines()
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            tops = [mount]
        elif "cpu" in controllers.split(","):
            tops = [mount / "cpu", mount / controllers]
        else:
            continue
        parts = Path(path.lstrip("/")).parts
        for top in tops:
            yield from (top.joinpath(*parts[:depth]) for depth in range(len(parts) + 1))


def _limit(folder: Path) -> int | None:
    """Return how many whole cores a group may keep busy, at least 1."""
    for names in FILES:
        with contextlib.suppress(OSError, ValueError):  # not there, or "max"
            quota, period = map(int, " ".join((folder / n).read_text() for n in names).split())
            if quota > 0 and period > 0:
                return max(1, quota // period)
    return None
