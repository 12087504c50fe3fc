"""Mutations of real records, read and rendered: `tests.reports.test_mutations` runs this file.

It is a process of its own, so that its death is seen, too. Whatever is not one of the suite's own
errors ends it.
"""

import io
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.store import Store
from reports.gate import compare, limits
from reports.load import LoadError, load
from reports.render import figures, page, texts
from reports.report import assemble
from reports.schema import predictions
from reports.schema.record import Check, Evaluated, Record, encode
from tests.builders import (
    HEADER,
    ROOT,
    TRAINED,
    build_compared,
    build_failed,
    build_fitted,
    build_predicted,
    build_record,
)
from tests.reports.schema.test_predictions import example

PUBLISHED = ROOT / "docs" / "results" / "records"
CHECK = Check(quantity="gradient", tensor="dense/kernel", error=0.1, bound=0.01)
EVALUATED = Evaluated(
    **HEADER,
    data=TRAINED.data,
    network=TRAINED.network,
    test=TRAINED.test,
    confusion=TRAINED.confusion,
    weights="sha256:01",
    predictions="sha256:02",
)
RECORDS: list[Record] = [
    *(TRAINED, build_fitted(), build_predicted(), build_failed(log="a\nb")),
    *(build_compared((CHECK,)), EVALUATED),
]
SOURCES = [
    *(path.read_bytes() for path in sorted(PUBLISHED.glob("sequential_*-s0-*.json"))[:3]),
    *(path.read_bytes() for path in sorted(PUBLISHED.glob("*forest*.json"))[:1]),
    *(encode(record) for record in RECORDS),
]
VALUES: list[Any] = [
    *(None, True, 0, 1, -1, 2, 10**6, 2**53, 2**63, 10**40, 0.5, -0.5, 1e-300, 1e38, 1e308),
    *(
        "",
        "x",
        "..",
        "a/b",
        "$x$ $",
        "a" * 300,
        "\x1b[31m\u202e",
        "<script>|",
        "=1+1",
        "\n",
        "Ω日本",
    ),
    *([], {}, [None], [[]], [1, 2], ["a"], {"loss": None}, {"loss": [None]}),
]
KEPT = example(100)
PREDICTED = build_record(predictions=KEPT.checksum)
with io.BytesIO() as stream:
    KEPT.save(stream)
    ARRAYS = stream.getvalue()
BYTES = st.one_of(
    st.sampled_from([b"", b"\xff", b"\x00", b"[" * 3000, b'"', b"\\ud800", b"\\u001b", b"NaN"]),
    st.binary(max_size=4),
)
FEW = settings(
    deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@st.composite
def damaged(draw: st.DrawFn, files: list[bytes]) -> bytes:
    """Draw a file with bits flipped, a part cut out, or bytes put in."""
    content = bytearray(draw(st.sampled_from(files)))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(content) - 1)) if content else 0
        way = draw(st.sampled_from(["flip", "cut", "insert"]))
        if way == "flip" and content:
            content[place] ^= 1 << draw(st.integers(0, 7))
        elif way == "cut":
            del content[place : place + draw(st.sampled_from([1, 2, 10, 10**6]))]
        else:
            content[place:place] = draw(BYTES)
    return bytes(content)


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    """Draw a record with one or two of its values changed, swapped, left out or cut short."""
    record = json.loads(draw(st.sampled_from(SOURCES)))
    for _ in range(draw(st.integers(1, 2))):
        places = list(_places(record))
        inner, key = draw(st.sampled_from(places))
        way = draw(st.sampled_from(["value", "like", "like", "swap", "delete", "short"]))
        if way == "value":
            inner[key] = draw(st.sampled_from(VALUES))
        elif way == "like":  # what a check of types lets pass
            alike = [value for value in VALUES if type(value) is type(inner[key])]
            inner[key] = draw(st.sampled_from(alike or VALUES))
        elif way == "swap":
            other, name = draw(st.sampled_from(places))
            inner[key], other[name] = other[name], inner[key]
        elif way == "short" and isinstance(inner[key], list):
            inner[key] = inner[key][: draw(st.integers(0, 3))]
        elif way == "delete":
            del inner[key]
    try:
        return json.dumps(record).encode()
    except (ValueError, RecursionError):  # a swap has put a part into itself
        return b"{}"


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = value if isinstance(value, dict) else range(len(value) if isinstance(value, list) else 0)
    for key in keys:
        yield value, key
        yield from _places(value[key])


def read(content: bytes, folder: Path) -> bool:
    """Read a file as reports and the store do; return whether it holds a record."""
    (folder / "x.json").write_bytes(content)
    store = Store(folder)
    list(store.records())
    store.failed()
    try:
        return bool(load([folder]).records)
    except LoadError:
        return False


def render(contents: list[bytes]) -> None:
    """Render a report of files that hold records each, and compare them with themselves."""
    with tempfile.TemporaryDirectory() as name:
        for number, content in enumerate(contents):
            Path(name, f"{number}.json").write_bytes(content)
        results = load([Path(name)])
        report = assemble(results)
        texts(report), page(report), figures(report)
        for text in (*texts(report).values(), page(report)):
            text.encode()
        compare.compare(results.records, results.records, limits.read())


def main(examples: int, reports: int, each: int) -> None:
    """Read so many damaged and so many changed files; render reports of those that are read."""
    good: dict[bytes, None] = {}
    with tempfile.TemporaryDirectory() as name:

        @settings(FEW, max_examples=examples)
        @given(st.one_of(damaged(SOURCES), changed()))
        def files(content: bytes) -> None:
            if read(content, Path(name)):
                good[content] = None

        @settings(FEW, max_examples=examples)
        @given(damaged([ARRAYS]))
        def arrays(content: bytes) -> None:
            path = predictions.path(Path(name), PREDICTED.id, PREDICTED.fingerprint)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            found = predictions.find(PREDICTED, [Path(name)])
            assert found is None or found.checksum == PREDICTED.predictions

        files()
        arrays()
    chosen = list(good)[:: max(1, len(good) // (reports * each))][: reports * each]
    for number in range(reports):
        render(chosen[number::reports])
    print(f"{len(good)} files were read, {len(chosen)} rendered")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
