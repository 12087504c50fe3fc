"""Claims to verdicts.

A claim is judged once for every run of its networks, that is for every backend and seed: it holds
there or it does not. It is *reproduced* where it surely holds in more than half of all runs: where
the interval of that share (Clopper and Pearson's, 95 %) lies above a half; *not reproduced* where
it lies below. Six runs that agree are enough, or eight of nine. Three or more that agree say *so
far*; else it is *undecided*. Only runs of the study's recipe count, in full unless the claim is
about its first epochs; without them it was *not run*, and what shorter runs say is told beside it.
What runs on data say that stand in for the study's is told apart, and decides nothing.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Literal, get_args

from reports import statistics
from reports.schema.record import Record, Trained
from reports.study.claim import Claim, Evidence, NotFiniteError, Runs
from reports.study.claims import CLAIMS
from reports.study.numbers import departures, of_the_study, stands_in
from reports.tables.table import Table, without_empty

Verdict = Literal[
    "reproduced",
    "reproduced so far",
    "undecided",
    "not reproduced so far",
    "not reproduced",
    "not run",
]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
NOTHING = "no run has all of its networks"
HALF = 0.5
"""Share of runs: a claim that holds in more of them is reproduced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Of runs in which a claim holds; those that cannot tell may be either."""

    least: float
    most: float
    low: float
    """Of the 95 % interval."""
    high: float

    @property
    def text(self) -> str:
        """The same in words."""
        share = f"{self.least:.2f}" + (f" to {self.most:.2f}" if self.most > self.least else "")
        return f"{share} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A claim with its verdict and what led to it."""

    claim: Claim
    verdict: Verdict
    runs: tuple[Evidence, ...]
    """Of the study's recipe, those that cannot tell among them."""
    reason: str
    trainings: str
    """How many of those that three runs take there are in full, on the backend with most."""
    share: Share | None = None
    """None where no run tells."""
    elsewhere: str | None = None
    """What full runs on data say that stand in for the study's."""


def judge(records: Sequence[Record]) -> tuple[Judged, ...]:
    """Judge every claim by all runs on real data, whatever their backend and seed."""
    real = [r for r in records if isinstance(r, Trained) and r.data.published]
    ours = [record for record in real if of_the_study(record)]
    others = [record for record in real if stands_in(record)]
    return tuple(_judge(claim, ours, _elsewhere(claim, others)) for claim in CLAIMS)


def _judge(claim: Claim, records: Sequence[Trained], elsewhere: str | None) -> Judged:
    full = [r for r in records if not departures(r, epochs=claim.epochs)]
    evidence = _evidence(claim, full)
    runs = [run for run in evidence if run.holds is not None]
    holding = sum(run.holds is True for run in runs)
    trainings = _trainings(claim, full)
    unknown = len(evidence) - len(runs)
    if not runs and not any(run.lacking for run in evidence):
        return Judged(
            claim=claim,
            verdict="not run",
            runs=(),
            reason=_so_far(claim, records),
            trainings=trainings,
            elsewhere=elsewhere,
        )
    verdict = _verdict(holding, len(runs) - holding, unknown)
    reason = _counted(evidence)
    if verdict not in ("reproduced", "not reproduced"):
        more = _missing(holding, len(runs) - holding, unknown)
        reason += f"; {more} more that agree would settle it"
    return Judged(
        claim=claim,
        verdict=verdict,
        runs=tuple(evidence),
        reason="; ".join(filter(None, [reason, _text(evidence)])),
        trainings=trainings,
        share=_share(holding, len(runs) - holding, unknown) if runs else None,
        elsewhere=elsewhere,
    )


def _counted(evidence: Sequence[Evidence]) -> str:
    """Return in how many runs a claim holds, and how many cannot tell and why."""
    runs = [run for run in evidence if run.holds is not None]
    text = f"holds in {sum(run.holds is True for run in runs)} of {len(runs)} runs"
    if mixed := sum(run.mixed for run in runs):
        text += f" ({mixed} with networks of several machines or settings)"
    if unknown := len(evidence) - len(runs):
        why = ", ".join(dict.fromkeys(run.lacking for run in evidence if run.lacking))
        text += f", and {unknown} more lack what it takes to tell" + (f" ({why})" if why else "")
    return text


def _elsewhere(claim: Claim, records: Sequence[Trained]) -> str | None:
    """Return what full runs on data say that stand in for the study's; None without any."""
    full = [r for r in records if not departures(r, epochs=claim.epochs)]
    evidence = _evidence(claim, full)
    runs = [run for run in evidence if run.holds is not None]
    if not runs or not {r.architecture for r in full} >= {*claim.networks}:
        return None
    names = ", ".join(dict.fromkeys(record.dataset for record in full))
    return f"{names}: {_counted(evidence)}; {_text(evidence)}"


def _trainings(claim: Claim, full: Sequence[Trained]) -> str:
    """Return how far the best backend is from three runs: networks of one seed belong together."""
    backends: dict[str, dict[int, set[str]]] = {}
    for record in full:
        if record.architecture in claim.networks:
            seeds = backends.setdefault(record.backend, {})
            seeds.setdefault(record.seed, set()).add(record.architecture)
    needed = statistics.FEWEST * len(claim.networks)
    if not backends:
        return f"0 of {needed}"
    done = {
        backend: sum(sorted(map(len, seeds.values()), reverse=True)[: statistics.FEWEST])
        for backend, seeds in backends.items()
    }
    best = max(done, key=done.__getitem__)
    return f"{done[best]} of {needed} ({best})"


def _share(holding: int, failing: int, unknown: int) -> Share:
    """Return in which share of runs a claim holds, from numbers of runs."""
    trials = holding + failing + unknown
    least, most = (statistics.share_interval(n, trials) for n in (holding, holding + unknown))
    return Share(least=least.estimate, most=most.estimate, low=least.low, high=most.high)


def _verdict(holding: int, failing: int, unknown: int) -> Verdict:
    """Return the verdict from numbers of runs."""
    share = _share(holding, failing, unknown)
    if share.low > HALF:
        return "reproduced"
    if share.high < HALF:
        return "not reproduced"
    if holding + failing < statistics.FEWEST or unknown or (holding and failing):
        return "undecided"
    return "reproduced so far" if holding else "not reproduced so far"


def _missing(holding: int, failing: int, unknown: int) -> int:
    """Return how many more runs it takes to a verdict if all of them agree with most so far."""
    for more in itertools.count(1):
        held = (holding + more, failing) if holding >= failing else (holding, failing + more)
        if _verdict(*held, unknown) in ("reproduced", "not reproduced"):
            return more
    raise AssertionError("unreachable")


def _so_far(claim: Claim, records: Sequence[Trained]) -> str:
    """Return what runs of another recipe say, the longest ones that have all networks."""
    by_recipe: dict[str, list[Trained]] = {}
    for record in sorted(records, key=lambda record: -record.epochs):
        by_recipe.setdefault(record.recipe, []).append(record)
    for recipe, group in by_recipe.items():
        evidence = _evidence(claim, group)
        if any(run.holds is not None for run in evidence):
            its = [departures(r) for r in group if r.architecture in claim.networks]
            how = "; ".join(dict.fromkeys(itertools.chain(*its)))
            return f"in runs of profile {recipe} ({how}) it {_counted(evidence)}; {_text(evidence)}"
    return NOTHING


def _evidence(claim: Claim, records: Sequence[Trained]) -> list[Evidence]:
    """Return what each backend and seed says that has all networks of the claim.

    Those of one machine and setting are taken together; where several machines or settings have
    repeated a seed, which trains alike, the first counts. Where none of them has all networks,
    those of all are taken together: neither changes what is computed but by rounding.
    """
    ways: dict[tuple[str, int], dict[tuple[str, str], list[Trained]]] = {}
    newest = sorted(records, key=lambda record: record.started_at, reverse=True)
    for record in sorted(newest, key=lambda r: (r.environment.machine, r.settings)):
        way = record.environment.machine, record.settings
        ways.setdefault((record.backend, record.seed), {}).setdefault(way, []).append(record)
    evidence = []
    for _, groups in sorted(ways.items()):
        found = [one for group in groups.values() if (one := _judged(claim, group))]
        alike = [r for r in itertools.chain(*groups.values()) if r.precision == "float32"]
        if len(groups) > 1 and (one := _judged(claim, alike)):
            found.append(replace(one, mixed=True))
        told = [one for one in found if one.holds is not None]
        evidence += (told or found)[:1]
    return evidence


def _judged(claim: Claim, records: Sequence[Trained]) -> Evidence | None:
    """Return what records of one backend and seed say; None where they have not all networks."""
    longest: dict[str, int] = {}
    for record in records:
        longest[record.modality] = max(longest.get(record.modality, 0), record.epochs)
    alike = [r for r in records if claim.epochs or r.epochs == longest[r.modality]]
    try:
        return claim.judge(Runs(reversed(alike)))  # of one network, the first
    except KeyError:
        return None
    except (NotFiniteError, ZeroDivisionError) as error:
        if not {r.architecture for r in alike} >= {*claim.networks}:
            return None
        why = "a ratio to 0 is no number" if isinstance(error, ZeroDivisionError) else str(error)
        return Evidence(holds=None, numbers={}, lacking=why)


def _text(runs: Sequence[Evidence]) -> str:
    """Return the deciding numbers, of several runs their mean and range."""
    parts = []
    for name in dict.fromkeys(name for run in runs for name in run.numbers):
        values = [run.numbers[name] for run in runs if name in run.numbers]
        text = f"{name} {_short(fmean(values))}"
        if len(values) > 1:
            text += f" ({_short(min(values))} to {_short(max(values))})"
        parts.append(text)
    return ", ".join(parts)


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"


def said(claim: Claim) -> str:
    """Return a claim in words, with its caveat."""
    return f"{claim.text} (Beware: {claim.caveat}.)" if claim.caveat else claim.text


def told(judgement: Judged) -> bool:
    """Return whether any run says anything of a claim."""
    return judgement.reason != NOTHING or judgement.elsewhere is not None


def table(judged: Iterable[Judged]) -> Table:
    """Return one row per claim that any run says something of."""
    rows = [
        {
            "claim": judgement.claim.id,
            "section": judgement.claim.section,
            "the study says": said(judgement.claim),
            "verdict": judgement.verdict,
            "trainings": judgement.trainings,
            "why": judgement.reason,
            "elsewhere": judgement.elsewhere,
        }
        for judgement in judged
        if told(judgement)
    ]
    return Table(name="claims", title="The study's claims", frame=without_empty(rows))
