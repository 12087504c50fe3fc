"""Runs that the tests of the gate compare."""

from typing import Any

from reports.gate.finding import Finding
from reports.schema.record import Trained
from tests.builders import build_record, on_many, replace


def runs(
    n: int = 5, *, slower: float = 1.0, accuracy: float = 0.0, **changes: Any
) -> list[Trained]:
    """Return n seeds whose epochs and accuracies differ a little from seed to seed."""
    return [one(seed, slower=slower, accuracy=accuracy, **changes) for seed in range(n)]


def one(seed: int, *, slower: float, accuracy: float, **changes: Any) -> Trained:
    record = on_many(build_record())
    wobble = 1 + 0.01 * ((seed * 7) % 5)
    return replace(
        record,
        id=f"tabular_mlp-miniboone-jax-s{seed}",
        seed=seed,
        started_at=f"2026-01-02T03:04:{seed:02}.000+00:00",
        provenance={"epochs": 3, "seed": seed, "keras": "3.15.1", "data": "sha256:00ff"},
        test={"loss": 0.35, "accuracy": 0.83 + 0.002 * ((seed * 3) % 5) + accuracy},
        durations=replace(
            record.durations,
            epoch_seconds=tuple(s * slower * wobble for s in (0.2, 0.4)),
        ),
        **changes,
    )


def verdicts(findings: tuple[Finding, ...]) -> dict[str | None, str]:
    return {finding.metric: finding.verdict for finding in findings}
