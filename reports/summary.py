"""The results in words, each sentence computed from the records."""

from collections.abc import Iterable, Sequence
from statistics import fmean, median

from reports import statistics
from reports.grouping import groups
from reports.schema.record import Header, Measured, Scored, Trained
from reports.study.comparison import suited
from reports.study.numbers import MATCH
from reports.study.verdicts import Judged
from reports.tables.front import accuracies_of
from reports.tables.quality import divergences
from reports.timing import disturbed


def claims(judged: Sequence[Judged]) -> str:
    """Return how many claims of the study came out which way."""
    counts = {
        verdict: [judgement.claim.id for judgement in judged if judgement.verdict == verdict]
        for verdict in ("reproduced", "not reproduced", "undecided", "not run")
    }
    run = len(judged) - len(counts["not run"])
    parts = [f"{len(ids)} {verdict} ({', '.join(ids)})" for verdict, ids in counts.items() if ids]
    return f"Of the study's {len(judged)} claims {run} could be judged: {'; '.join(parts)}."


def sentences(records: Sequence[Measured]) -> tuple[str, ...]:
    """Return what the records of one setup say of each data set, and of the backends."""
    texts = []
    for dataset in dict.fromkeys(record.dataset for record in records):
        mine = [record for record in records if record.dataset == dataset]
        longest = max(record.epochs for record in mine)
        texts.append(_best(dataset, [r for r in mine if r.epochs == longest]))
        if mine[0].data.published:
            texts.append(_suited(dataset, [r for r in mine if r.epochs == longest]))
        texts.append(_diverged(dataset, mine))
    texts.append(_fastest(records))
    return tuple(filter(None, texts))


def _best(dataset: str, records: Sequence[Measured]) -> str:
    """Return which network has the highest accuracy, and which are not told apart from it."""
    scored = groups([record for record in records if isinstance(record, Scored)])
    networks = [group for group in scored if accuracies_of(group)]
    if not networks:
        return ""
    samples = [accuracies_of(group) for group in networks]
    best = max(range(len(networks)), key=lambda i: fmean(samples[i]))
    interval = statistics.mean_interval(samples[best])
    sure = (
        f"95 %: {interval.low:.4f} to {interval.high:.4f}, n = {len(samples[best])}"
        if interval
        else f"n = {len(samples[best])}, too few for an interval"
    )
    text = (
        f"{dataset}: the highest test accuracy after {records[0].epochs} epochs is "
        f"{fmean(samples[best]):.4f} ({sure}), of {_name(networks[best])}"
    )
    if len(networks) == 1:
        return f"{text}, the only one that was run."
    apart = statistics.told_apart(samples)
    if apart is None:
        return f"{text}; with fewer than three runs of each there is no ranking."
    ties = [_name(group) for i, group in enumerate(networks) if i != best and not apart[best, i]]
    return f"{text}; {'not told apart from it: ' + _list(ties) if ties else 'surely so'}."


def _diverged(dataset: str, records: Sequence[Measured]) -> str:
    """Return which trainings had a loss that was not finite."""
    parts = [
        f"{_name(group)}, {group[0].epochs} epochs: {found}"
        for group in groups(records)
        if (found := divergences(group))
    ]
    return f"{dataset}: a loss was not finite: {'. '.join(parts)}." if parts else ""


def _suited(dataset: str, records: Sequence[Measured]) -> str:
    """Return how often a network of another kind kept up with the suited one."""
    frame = suited(records).frame
    if frame.empty:
        return ""
    near = [float(text) >= -MATCH for text in frame["difference"].dropna()]
    sure = frame["outcome"].isin(["beats it", "matches or beats it"]).sum()
    return (
        f"{dataset}: a network of another kind matched (within {MATCH}) or beat the suited "
        f"one ({', '.join(dict.fromkeys(frame['suited']))}) in {sum(near)} of {len(near)} "
        f"comparisons; in {sure} the interval leaves no doubt."
    )


def _fastest(records: Sequence[Measured]) -> str:
    """Return, per network, the backend with the shorter steady epoch, where intervals part."""
    winners: dict[str, list[str]] = {}
    backends: dict[tuple[str, str, int], list[list[Measured]]] = {}
    for group in groups(records):
        if any(isinstance(r, Trained) and r.durations.epoch_seconds for r in group):
            key = group[0].architecture, group[0].dataset, group[0].epochs
            backends.setdefault(key, []).append(group)
    for (network, _, _), rivals in backends.items():
        if len(rivals) > 1:
            winner, factor = _winner(rivals)
            winners.setdefault(winner, []).append(network + factor)
    if not winners:
        return ""
    parts = [f"{winner}: {_list(names)}" for winner, names in sorted(winners.items())]
    return f"Backend with the shorter steady epoch: {'; '.join(parts)}."


def _winner(rivals: Sequence[Sequence[Measured]]) -> tuple[str, str]:
    runs = {
        group[0].backend: [
            median(r.durations.epoch_seconds)
            for r in group
            if isinstance(r, Trained) and r.durations.epoch_seconds and not disturbed(r)
        ]
        for group in rivals
    }
    if not all(runs.values()):
        return "not measured undisturbed", ""
    typical = {name: statistics.geometric_mean(epochs) for name, epochs in runs.items()}
    best, second, *_ = sorted(typical, key=typical.__getitem__)
    interval = statistics.ratio(runs[best], runs[second], confidence=0.95)
    factor = f" (×{typical[second] / typical[best]:.2f})"
    if interval is None:
        return f"{best}, by fewer than three runs", factor
    return (best, factor) if interval.low > 1 else ("not told apart", "")


def _name(group: Sequence[Header]) -> str:
    return f"{group[0].architecture} ({group[0].backend})"


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
