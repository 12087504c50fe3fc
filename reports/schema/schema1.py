"""Records as the first schema wrote them: one kind for all outcomes."""

from typing import Any

DATASETS: dict[str, tuple[int, tuple[float, float]]] = {
    "miniboone": (104_051, (0.90, 0.93)),
    "fashion_mnist": (60_000, (0.85, 0.90)),
    "imdb": (25_000, (0.85, 0.88)),
}
"""Whole training samples and target accuracies of the data sets that there were."""


def upgraded(old: dict[str, Any]) -> dict[str, Any]:
    """Return a record of schema 1 as one of schema 2."""
    new = {**old, "schema": 2, "outcome": _outcome(old), "provenance": old.get("facts")}
    if isinstance(network := old.get("network"), dict):
        reference = network.get("reference")
        budget = None
        if isinstance(reference, int) and reference > 0:
            budget = reference * 9 // 10, reference * 11 // 10
        new["network"] = {**network, "budget_reference": reference, "budget": budget}
    if isinstance(data := old.get("data"), dict):
        samples, targets = DATASETS.get(str(old.get("dataset")), (None, ()))
        new["data"] = {**data, "whole_train_samples": samples, "target_accuracies": targets}
    if isinstance(environment := old.get("environment"), dict):
        new["environment"] = {**environment, "peaks": environment.get("limits")}
    return new


def _outcome(old: dict[str, Any]) -> str:
    """Return of which kind a record of schema 1 is."""
    if old.get("status") == "failed":
        return "failed"
    if old.get("checks") is not None:
        return "compared"
    if old.get("history") is not None:
        return "trained"
    if old.get("kind") == "baseline":
        return "fitted"
    if old.get("durations") is not None:
        return "predicted"
    return "evaluated" if old.get("test") is not None else "described"
