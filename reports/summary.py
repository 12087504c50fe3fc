"""The results in words, each sentence computed from the records."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from reports import statistics
from reports.grouping import groups
from reports.schema.record import Failed, Header, Measured, Scored, Trained
from reports.study.kinds import leads
from reports.study.numbers import MATCH
from reports.study.verdicts import VERDICTS, Judged
from reports.tables.front import accuracies_of, step_of
from reports.tables.quality import divergences
from reports.tables.ways import Matrix, Sameness
from reports.timing import calm_epochs

HOW = (
    "",
    "Ahead so far, by fewer than three runs of each: ",
    "Not told apart: ",
    "Others disturbed every run of a way: ",
)
"""How sure it is which way is the fastest, surest first."""


def claims(judged: Sequence[Judged]) -> str:
    """Return how many claims of the study came out which way."""
    counts = {
        verdict: [judgement.claim.id for judgement in judged if judgement.verdict == verdict]
        for verdict in VERDICTS
    }
    run = len(judged) - len(counts["not run"])
    settled = len(counts["reproduced"]) + len(counts["not reproduced"])
    parts = [f"{len(ids)} {verdict} ({', '.join(ids)})" for verdict, ids in counts.items() if ids]
    return (
        f"Of the study's {len(judged)} claims {run} have runs in full, and {settled} "
        f"{'is' if settled == 1 else 'are'} settled: {'; '.join(parts)}."
    )


def best(records: Sequence[Measured]) -> str:
    """Return which network of a data set is the most accurate, and what is not told apart."""
    scored = groups([record for record in records if isinstance(record, Scored)])
    networks = [group for group in scored if accuracies_of(group)]
    if not networks:
        return ""
    best = max(networks, key=lambda group: fmean(accuracies_of(group)))
    mine = accuracies_of(best)
    interval = statistics.mean_interval(mine)
    sure = (
        f"95 %: {interval.low:.4f} to {interval.high:.4f}, n = {len(mine)}"
        if interval
        else f"n = {len(mine)}, too few for an interval"
    )
    text = f"{_name(best)}: test accuracy {fmean(mine):.4f} ({sure}){_after(best)}"
    if len(networks) == 1:
        return f"{text}, the only one that was run."
    several = [group for group in networks if len(accuracies_of(group)) >= statistics.FEWEST]
    apart = statistics.told_apart(
        [accuracies_of(group) for group in several], resolution=step_of(several)
    )
    if apart is None or not interval:
        return f"{text}, the highest so far; three runs of each would make a ranking."
    place = several.index(best)
    ties = [_name(group) for i, group in enumerate(several) if i != place and not apart[place, i]]
    of = "" if len(several) == len(networks) else f" among the {len(several)} with three runs"
    if ties:
        return f"{text}; not told apart from it{of}: {_list(ties)}."
    names = {group[0].architecture for group in several}
    return f"{text}; surely the highest of {len(names)} networks{of}."


def diverged(records: Sequence[Measured]) -> str:
    """Return which trainings had a loss that was not finite."""
    parts = [
        f"{_name(group)}, {group[0].epochs} epochs: {found}"
        for group in groups(records)
        if (found := divergences(group))
    ]
    return f"A loss was not finite: {'. '.join(parts)}." if parts else ""


def kept_up(records: Sequence[Measured]) -> str:
    """Return how often a network of another kind kept up with the suited one."""
    told = [lead for lead in leads(records) if lead.keeps_up is not None]
    if not told:
        return ""
    names = dict.fromkeys(lead.base.architecture for lead in told)
    near = sum(lead.keeps_up is True for lead in told)
    sure = sum(lead.outcome in ("beats it", "matches or beats it") for lead in told)
    return (
        f"{records[0].dataset}: a network of another kind matched (within {MATCH}) or beat the "
        f"suited one ({', '.join(names)}) in {near} of {len(told)} "
        f"comparisons, surely (by an interval, which needs three runs) in {sure}."
    )


def fastest(records: Sequence[Measured]) -> str:
    """Return, per network, the way with the shortest steady epoch, and how sure that is."""
    ways: dict[tuple[str, str, int], dict[str, list[Measured]]] = {}
    for group in groups(records):
        if any(isinstance(r, Trained) and r.durations.epoch_seconds for r in group):
            key = group[0].architecture, group[0].dataset, group[0].epochs
            ways.setdefault(key, {})[group[0].backend] = group
    found: dict[str, dict[str, list[str]]] = {}
    for (network, _, _), rivals in ways.items():
        if len(rivals) > 1:
            how, way, factor = _winner(rivals)
            found.setdefault(how, {}).setdefault(way, []).append(network + factor)
    return " ".join(
        f"{how}{'; '.join(_named(way, names) for way, names in sorted(found[how].items()))}."
        for how in HOW
        if how in found
    )


def _named(way: str, names: Iterable[str]) -> str:
    return f"{way} for {_list(names)}" if way else _list(names)


def equal(matrix: Matrix) -> str:
    """Return in how many cells of a matrix the network computes the same."""
    cells = [
        (f"{network} ({way})", cell.sameness)
        for network, row in matrix.rows
        for way, cell in zip(matrix.ways, row, strict=True)
        if cell.sameness not in (None, "reference")
    ]
    if not cells:
        one = all(sum(cell.link is not None for cell in row) < 2 for _, row in matrix.rows)
        several = "" if one else "Nothing could be compared."
        return (
            "One way to run each network: nothing to compare." if one and matrix.rows else several
        )
    counts = Counter(sameness for _, sameness in cells)
    words: dict[Sameness, str] = {
        "equal": "equal",
        "alike": "of the same accuracy",
        "undecided": "not decided by these runs",
        "DIFFERENT": "DIFFERENT",
    }
    parts = [f"{counts[key]} {word}" for key, word in words.items() if counts[key]]
    different = [name for name, sameness in cells if sameness == "DIFFERENT"]
    named = f" ({_list(different)})" if different else ""
    of = "1 combination" if len(cells) == 1 else f"{len(cells)} combinations"
    return f"{of}: {', '.join(parts)}{named}."


def failures(failed: Sequence[Failed]) -> str:
    """Return how many experiments failed, and the first reason."""
    if not failed:
        return ""
    more = f", and {len(failed) - 1} more" if len(failed) > 1 else ""
    return f"{failed[0].id}: {failed[0].reason}{more}."


def _winner(rivals: Mapping[str, Sequence[Measured]]) -> tuple[str, str, str]:
    """Return one of `HOW`, the fastest way if there is one, and its lead over the next."""
    runs = {way: calm_epochs(group) for way, group in rivals.items()}
    if not all(runs.values()):
        return HOW[3], "", ""
    typical = {way: statistics.geometric_mean(epochs) for way, epochs in runs.items()}
    best, second, *_ = sorted(typical, key=typical.__getitem__)
    factor = f" (×{typical[second] / typical[best]:.2f} over the next)"
    ratios = [
        statistics.ratio(runs[best], runs[way], confidence=0.95) for way in runs if way != best
    ]
    if any(ratio is None for ratio in ratios):
        return HOW[1], best, factor
    if all(ratio and ratio.low > 1 for ratio in ratios):
        return HOW[0], best, factor
    return HOW[2], "", ""


def _name(group: Sequence[Header]) -> str:
    return f"{group[0].architecture} ({group[0].backend})"


def _after(group: Sequence[Header]) -> str:
    return f" after {group[0].epochs} epochs" if group[0].epochs else ""


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
