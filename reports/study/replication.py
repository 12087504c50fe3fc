"""The outcome of the replication on one page, every number computed from the records."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import pandas as pd

from reports import statistics, summary
from reports.grouping import groups
from reports.schema.record import Record, Scored, Trained
from reports.study import comparison, kinds, verdicts
from reports.study.comparison import Beside
from reports.study.lacking import commands, cores_of, lacking, table
from reports.study.numbers import (
    DATASETS,
    EPOCHS,
    STANDS_IN,
    departures,
    of_the_study,
    printed,
    stands_in,
)
from reports.study.verdicts import Judged
from reports.tables.quality import quality
from reports.tables.table import Table, without_empty
from reports.tables.ways import by_way

SURPRISES = 3
SEVERAL = " (networks of several machines or settings)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replication:
    """Everything that the page shows."""

    judged: tuple[Judged, ...]
    claims: str
    """How many came out which way."""
    answers: tuple[str, ...]
    """To the study's question, of each data set."""
    board: Table
    done: Table
    stand_in: tuple[Table, ...]
    """What networks and classifiers reach on data that stand in for the study's."""
    numbers: Table
    """The study's beside ours, of runs at its length."""
    apart: Table
    """Of each network the loss that is farthest from the study's."""
    surprises: tuple[str, ...]
    further_surprises: int
    intervals: int
    """Of ours, beside a number of the study."""
    of_numbers: int
    """How many numbers these stand beside: each way of a network has an interval of its own."""
    outside: int
    """How many of the intervals do not hold theirs."""
    lacking: Table
    """Networks whose trainings at full length are fewer than three."""
    commands: tuple[str, ...]
    """That make them, one for each way: the one with most of them, else the fastest."""
    tokenised_anew: int
    """Trainings on texts that are the published ones in another tokenisation."""
    of_texts: int
    """Trainings on texts."""
    shared: bool
    """Whether an accelerator trained several networks side by side."""


def replication(records: Sequence[Record]) -> Replication:
    """Return what the records say of the study as a whole."""
    judged = verdicts.judge(records)
    # Of the study's recipe but for the epochs; those are judged before their ways are named.
    alike = [r for r in records if isinstance(r, Trained) and _of_the_recipe(r, epochs=1)]
    full = _once([by_way(r) for r in alike if _of_the_recipe(r, epochs=None)])
    mine = [by_way(r) for r in alike]
    missing = lacking(full)
    beside = [*comparison.beside(full)]
    surprises = tuple(_surprises(judged, beside))
    texts = [record.data for record in full if record.dataset == DATASETS["sequential"]]
    known = {data.checksum for data in texts if data.origin == "known"}  # older records tell none
    return Replication(
        judged=judged,
        claims=summary.claims(judged),
        answers=tuple(_answers(mine, alike)),
        board=_board(judged),
        done=Table(name="done", title="Trainings", frame=without_empty(list(_done(full)))),
        stand_in=tuple(_stand_in(mine, _baselines(records), judged)),
        numbers=comparison.original([r for r in full if of_the_study(r)]),
        apart=comparison.apart(full),
        surprises=surprises[:SURPRISES],
        further_surprises=len(surprises[SURPRISES:]),
        intervals=len(beside),
        of_numbers=len({each.number for each in beside}),
        outside=sum(each.outside for each in beside),
        lacking=table(missing, mine),
        commands=tuple(commands(missing, alike)),
        tokenised_anew=sum(data.checksum in known for data in texts),
        of_texts=len(texts),
        shared=any(r.environment.jobs > 1 and r.environment.device != "cpu" for r in full),
    )


def _of_the_recipe(record: Trained, *, epochs: int | None) -> bool:
    mine = of_the_study(record) or stands_in(record)
    return mine and record.data.published and not departures(record, epochs=epochs)


def _once(records: Sequence[Trained]) -> list[Trained]:
    """Return one record for each seed of a network in one way: repeated, it trains alike.

    The newest of the first machine, as where claims are judged.
    """
    found: dict[tuple[object, ...], Trained] = {}
    newest = sorted(records, key=lambda record: record.started_at, reverse=True)
    for record in sorted(newest, key=lambda record: record.environment.machine):
        key = record.architecture, record.dataset, record.backend, record.seed
        found.setdefault(key, record)
    return sorted(found.values(), key=lambda record: record.id)


def _baselines(records: Sequence[Record]) -> list[Scored]:
    """Return the classifiers that are no networks, on data that stand in."""
    return [
        r
        for r in records
        if isinstance(r, Scored)
        and r.kind == "baseline"
        and r.data.published
        and r.dataset in STANDS_IN.values()
    ]


def _answers(by_ways: Sequence[Trained], records: Sequence[Trained]) -> Iterator[str]:
    """Yield how often another kind kept up, of each data set after the most epochs that tell.

    Within each way, or where none has a suited network and another, within each backend.
    """
    for name in (*DATASETS.values(), *STANDS_IN.values()):
        lengths = sorted({r.epochs for r in records if r.dataset == name}, reverse=True)
        for epochs, (how, found) in product(lengths, (("", by_ways), (SEVERAL, records))):
            alike = [r for r in found if (r.dataset, r.epochs) == (name, epochs)]
            if text := summary.kept_up(alike):
                ways = {lead.base.backend for lead in kinds.leads(alike)}
                if len({r.environment.machine for r in alike if r.backend in ways}) > 1:
                    how = SEVERAL
                whole = EPOCHS[alike[0].modality]
                yield f"After {epochs} of {whole} epochs{how}, {text}"
                break
        else:
            yield f"{name}: no run has a suited network and another."


def _board(judged: Iterable[Judged]) -> Table:
    rows = [
        {
            "claim": judgement.claim.id,
            "the study says": verdicts.said(judgement.claim),
            "ours": judgement.reason,
            "share of runs (95 %)": judgement.share.text if judgement.share else None,
            "verdict": judgement.verdict,
            "trainings": judgement.trainings,
        }
        for judgement in judged
    ]
    return Table(name="board", title="The board", frame=without_empty(rows))


def _done(full: Sequence[Trained]) -> Iterator[dict[str, object]]:
    """Yield what was trained at full length, a row for each way of a network on a machine."""
    tests = {(p.network, p.metric): p.value for p in printed() if p.phase == "test"}
    for machine in sorted({record.environment.machine for record in full}):
        for group in groups([r for r in full if r.environment.machine == machine]):
            first = group[0]
            row: dict[str, object] = {
                "network": first.architecture,
                "data set": first.dataset,
                "epochs": first.epochs,
                "way": first.backend,
                "machine": machine,
                "cores": cores_of(group),
                "n": len(group),
            }
            for metric in ("accuracy", "loss"):
                values = [v for r in group if (v := r.test.get(metric)) is not None]
                if not values:
                    continue
                interval = statistics.mean_interval(values)
                row[f"test {metric}"] = f"{sum(values) / len(values):.4f}" + (
                    f" ({interval.low:.4f} to {interval.high:.4f})" if interval else ""
                )
                study = tests.get((first.architecture, metric)) if of_the_study(first) else None
                row[f"study's {metric}"] = f"{study:.4f}" if study is not None else None
            yield row


def _stand_in(
    mine: Sequence[Trained], baselines: Sequence[Scored], judged: Iterable[Judged]
) -> Iterator[Table]:
    rows = [
        {"claim": j.claim.id, "the study says": verdicts.said(j.claim), "there": j.elsewhere}
        for j in judged
        if j.elsewhere
    ]
    if rows:
        yield Table(name="elsewhere", title="The claims there", frame=pd.DataFrame(rows))
    for name in STANDS_IN.values():
        of_data = [record for record in mine if record.dataset == name]
        longest = max((record.epochs for record in of_data), default=0)
        shown = [
            *(record for record in of_data if record.epochs == longest),
            *(record for record in baselines if record.dataset == name),
        ]
        if shown:
            yield replace(quality(shown), links=())


def _surprises(judged: Iterable[Judged], beside: Iterable[Beside]) -> Iterator[str]:
    """Yield claims that do not hold, then of each network the number farthest from ours."""
    for judgement in judged:
        if judgement.verdict == "not reproduced":
            yield f"{judgement.claim.id}, not reproduced: {judgement.claim.text} " + (
                f"It {judgement.reason}."
            )
    farthest: dict[str, Beside] = {}
    for each in sorted(beside, key=lambda each: -each.halves):
        if each.outside:
            farthest.setdefault(each.number.network, each)
    yield from (each.text for each in farthest.values())
