"""The format: what is written is read, and what is not ours is refused."""

import json
from collections.abc import Callable

import pytest

from reports.schema import record as format
from reports.schema.reading import RecordError, from_builtins
from reports.schema.record import SCHEMA, Trained

Make = Callable[..., Trained]


def test_what_is_written_is_read(make_record: Make) -> None:
    record = make_record()
    assert from_builtins(json.loads(format.encode(record))) == record
    assert from_builtins(format.to_builtins(record)) == record


def test_absent_values_are_null_and_there(make_record: Make) -> None:
    written = json.loads(format.encode(make_record(history=None, test={"loss": None})))
    assert written["history"] is None
    assert written["test"] == {"loss": None}


def test_plain_values_only(make_record: Make) -> None:
    plain = format.to_builtins(make_record())
    assert json.loads(json.dumps(plain, allow_nan=False)) == json.loads(
        format.encode(make_record())
    )


def test_unknown_fields_are_ignored(make_record: Make) -> None:
    plain = format.to_builtins(make_record()) | {"added_later": 1}
    assert from_builtins(plain) == make_record()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"schema": SCHEMA + 1}, f"schema {SCHEMA + 1}, written by a newer version"),
        ({"id": "x"}, "no record of this suite"),
        ([], "no record of this suite"),
        ({"schema": SCHEMA, "id": 3}, "damaged"),
    ],
)
def test_what_is_not_ours_is_refused(value: object, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        from_builtins(value)


def test_finite() -> None:
    assert format.finite([1, float("nan"), float("inf"), 0.5]) == (1.0, None, None, 0.5)
