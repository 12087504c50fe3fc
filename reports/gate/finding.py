"""What a comparison says of one metric of one experiment."""

from dataclasses import dataclass
from typing import Literal

from reports.statistics import Interval

Verdict = Literal[
    "regressed",
    "failed",
    "missing",
    "disturbed",
    "insufficient data",
    "not comparable",
    "new",
    "improved",
    "same",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One metric of one experiment, before and after."""

    experiment: str
    metric: str | None
    """None for a verdict on the experiment as a whole."""
    verdict: Verdict
    base: float | None = None
    """Mean of the runs for a quality, geometric mean for a time or size."""
    head: float | None = None
    runs: tuple[int, int] = (0, 0)
    """How many there are of each."""
    change: Interval | None = None
    """Difference for a quality, ratio for a time or size; None below three runs."""
    reason: str | None = None
    large: bool = False
    """Whether the change reaches the limit, sure or not."""
