"""Records of the first schema are read, each as the kind that it is."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.experiment import fingerprint
from reports.schema import record as format
from reports.schema.reading import from_builtins
from reports.schema.record import (
    Compared,
    Described,
    Evaluated,
    Failed,
    Fitted,
    Predicted,
    Record,
    Trained,
)
from tests.builders import HEADER, ROOT, build_fitted, build_predicted, build_record

PUBLISHED = sorted((ROOT / "docs" / "results" / "records").glob("*.json"))


def old(record: Record, **changes: Any) -> dict[str, Any]:
    """Return a record as the first schema wrote it: all fields, null where there is nothing."""
    absent = (
        *("reason", "log", "data", "network", "history", "test", "confusion", "durations"),
        *("peak_memory_bytes", "environment", "weights", "predictions", "checks"),
    )
    plain = {**dict.fromkeys(absent), "status": "ok", **format.to_builtins(record), "schema": 1}
    del plain["outcome"]
    plain["facts"] = plain.pop("provenance")
    if network := plain["network"]:
        network["reference"] = network.pop("budget_reference")
        del network["budget"]
    if environment := plain["environment"]:
        environment["limits"] = environment.pop("peaks")
    if data := plain["data"]:
        del data["whole_train_samples"], data["target_accuracies"]
    return {**plain, **changes}


@pytest.mark.parametrize("record", [build_record(), build_fitted(), build_predicted()])
def test_what_was_measured_is_read_as_it_would_be_written_now(record: Record) -> None:
    assert from_builtins(old(record)) == record


def test_every_outcome_is_told_from_what_there_is() -> None:
    whole = old(build_record())
    header = old(build_record(), **dict.fromkeys(whole.keys() - HEADER.keys()))
    header |= {"schema": 1, "status": "ok", "profile": "smoke", "overrides": ""}
    header |= {"execution": "default", "precision": "float32"}
    check = {"quantity": "outputs", "tensor": None, "error": 0.0, "bound": 1.0}
    compared = {"data": whole["data"], "environment": whole["environment"], "checks": [check]}
    evaluated = {
        name: whole[name]
        for name in ("data", "network", "test", "confusion", "weights", "predictions")
    }
    for changes, kind in (
        ({"status": "failed", "reason": "no"}, Failed),
        (compared, Compared),
        ({"network": whole["network"]}, Described),
        (evaluated, Evaluated),
    ):
        assert type(from_builtins(header | changes)) is kind


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_published_records_keep_their_fingerprints(path: Path) -> None:
    record = from_builtins(msgspec.json.decode(path.read_bytes()))
    assert isinstance(record, Trained | Fitted | Predicted)
    assert record.provenance
    assert record.fingerprint == fingerprint(record.provenance)
    assert path.stem == f"{record.id}-{record.fingerprint}"
