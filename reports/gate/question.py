"""Whether one metric of one experiment has changed: runs before, runs after, an answer."""

from dataclasses import dataclass

import numpy as np

from reports import statistics
from reports.gate.finding import Finding, Verdict
from reports.gate.limits import Gate
from reports.schema.metrics import BY_NAME
from reports.statistics import Interval

ROUNDING = 1e-4
"""Share of an effect by which a change may miss it: 50 of 10,000 are 0.005, but not in float32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One value a run of each side."""

    experiment: str
    metric: str
    before: tuple[float, ...]
    """Paired by seed with ``after`` for a quality; positive and independent for the rest."""
    after: tuple[float, ...]
    resolution: float = 0.0
    """Steps in which a quality moves."""
    remark: str | None = None
    """What there is to say besides the answer."""

    @property
    def quality(self) -> bool:
        """Whether it is about a quality, and so about pairs and their differences."""
        return BY_NAME[self.metric].kind == "quality"

    @property
    def open(self) -> bool:
        """Whether it takes an interval: identical or too few runs do not."""
        enough = min(len(self.before), len(self.after)) >= statistics.FEWEST
        return enough and not (self.quality and self.before == self.after)

    def answer(self, gate: Gate, *, questions: int) -> Finding:
        """Return the verdict where so many questions of its half are open."""
        confidence = gate.confidence(questions)
        base, head = (self._typical(values) for values in (self.before, self.after))
        if self.quality:
            change = statistics.paired_difference(
                self.before, self.after, confidence=confidence, resolution=self.resolution
            )
            low, high = (change.low, change.high) if change else (None, None)
        else:
            change = statistics.ratio(self.before, self.after, confidence=confidence)
            low, high = self._difference(change, base)
        effect = gate.effects[self.metric].of(base) * (1 - ROUNDING)
        verdict, reason = self._verdict(gate, base, head, low, high, effect)
        return Finding(
            experiment=self.experiment,
            metric=self.metric,
            verdict=verdict,
            base=base,
            head=head,
            runs=(len(self.before), len(self.after)),
            change=change,
            reason="; ".join(filter(None, [reason, self.remark])) or None,
            large=abs(head - base) >= effect,
        )

    def _typical(self, values: tuple[float, ...]) -> float:
        return float(np.mean(values)) if self.quality else statistics.geometric_mean(values)

    @staticmethod
    def _difference(ratio: Interval | None, base: float) -> tuple[float | None, float | None]:
        """Return the ends of an interval of ratios as differences, in the metric's unit."""
        if ratio is None:
            return None, None
        return (ratio.low - 1) * base, (ratio.high - 1) * base

    def _verdict(
        self,
        gate: Gate,
        base: float,
        head: float,
        low: float | None,
        high: float | None,
        effect: float,
    ) -> tuple[Verdict, str | None]:
        """Return the verdict, and what there is to say of it."""
        better = BY_NAME[self.metric].better
        towards: Verdict = "improved" if (head > base) == (better == "higher") else "regressed"
        if self.quality and self.before == self.after:
            return "same", "identical"
        if low is None or high is None:
            # Judged by the smaller value: to three times as much and to a third of it are the same.
            gross = gate.gross * gate.effects[self.metric].of(min(abs(base), abs(head)))
            if abs(head - base) >= gross * (1 - ROUNDING):
                return towards, "gross: needs no repetition to be believed"
            return "insufficient data", f"fewer than {statistics.FEWEST} runs of each"
        tolerated = gate.tolerated * effect
        if low > tolerated or high < -tolerated:
            return towards, None
        if -effect < low and high < effect:
            return "same", None
        return "insufficient data", "the interval holds both no change and one that matters"
