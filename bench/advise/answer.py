"""From a race and from comparisons with the reference to the answer."""

import math
from collections.abc import Iterable, Sequence
from statistics import median

from bench.advise.entrant import Ratio
from bench.advise.race import Result
from bench.experiment import Experiment
from reports.schema.advice import Advice, Agreement, Way
from reports.schema.check import Check
from reports.schema.record import Compared, Failed, Network, Record


def advice(
    experiment: Experiment,
    result: Result,
    compared: Sequence[Record],
    *,
    network: Network | None,
    peak: float | None,
    machine: str,
    cores: int,
    packages: dict[str, str],
    remarks: Iterable[str],
    started_at: str,
) -> Advice:
    """Return the answer for one network, ``experiment`` being one of its ways."""
    return Advice(
        started_at=started_at,
        network=experiment.architecture,
        dataset=experiment.dataset,
        machine=machine,
        cores=cores,
        packages=packages,
        parameters=network.parameters if network else None,
        samples=result.samples or None,
        batch_size=experiment.batch_size,
        generations=result.generations,
        settled=result.settled,
        ways=tuple(_ways(result)),
        agreement=tuple(map(_agreement, compared)),
        step_flops=network.step_flops if network else None,
        peak_flops_per_second=peak,
        remarks=tuple(dict.fromkeys(remarks)),
    )


def _ways(result: Result) -> Iterable[Way]:
    finalists = list(result.finalists)
    left = [entrant for entrant in result.entrants if entrant not in finalists]
    left = [entrant for entrant in left if not entrant.same_as]
    left.sort(key=lambda e: (e.failure is not None, e.seconds if e.racing else math.inf))
    fastest = finalists[0].name if finalists else ""
    for entrant in (*finalists, *left):
        final, ran = entrant in finalists, entrant.racing and bool(entrant.rounds)
        plain = f"{entrant.experiment.backend}, default"
        yield Way(
            backend=entrant.experiment.backend,
            execution=entrant.experiment.execution,
            failure=entrant.failure,
            finalist=final,
            seconds=entrant.seconds if ran else None,
            over_fastest=_triple(result.ratios.get((entrant.name, fastest))),
            over_plain=_triple(result.ratios.get((entrant.name, plain))),
            compile_seconds=entrant.compile_seconds if ran else None,
            import_cpu_seconds=median(entrant.import_seconds) if entrant.import_seconds else None,
            latency_seconds=median(entrant.latency_seconds) if entrant.latency_seconds else None,
            memory_bytes=entrant.memory_bytes or None,
        )


def _triple(ratio: Ratio | None) -> tuple[float, float, float] | None:
    return (ratio.estimate, ratio.low, ratio.high) if ratio else None


def _agreement(record: Record) -> Agreement:
    checks = record.checks if isinstance(record, Compared) else ()
    worst: dict[str, float | None] = {}
    for check in checks:
        before = worst.get(check.quantity, 0.0)
        larger = None if None in (before, check.error) else max(before or 0.0, check.error or 0.0)
        worst[check.quantity] = larger
    return Agreement(
        backend=record.backend,
        execution=record.execution,
        precision=record.precision,
        equal=bool(checks) and all(check.holds for check in checks),
        worst=worst,
        first_layer=_first_layer(checks),
        failure=record.reason if isinstance(record, Failed) else None,
    )


def _first_layer(checks: Iterable[Check]) -> str | None:
    return next((c.tensor for c in checks if c.quantity == "layer" and not c.holds), None)
