"""Damaged files: what disks, networks and people make of a good one."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import ROOT

Place = st.floats(0, 1, exclude_max=True)
"""Of the whole."""
Edit = st.one_of(
    st.tuples(st.just("flip"), Place, st.integers(0, 7)),
    st.tuples(st.just("cut"), Place, st.integers(1, 64)),
    st.tuples(st.just("end"), Place, st.just(0)),
    st.tuples(st.just("write"), Place, st.binary(min_size=1, max_size=8)),
    st.tuples(st.just("insert"), Place, st.binary(min_size=1, max_size=8)),
    st.tuples(st.just("repeat"), Place, st.integers(1, 64)),
)
Edits = st.lists(Edit, min_size=1, max_size=4)


def mutated(whole: bytes, edits: list[tuple[str, float, int | bytes]]) -> bytes:
    """Return a file's content after the edits, one after another."""
    content = bytearray(whole)
    for kind, place, value in edits:
        at = int(place * len(content))
        if isinstance(value, bytes):
            end = at + len(value) if kind == "write" else at
            content[at:end] = value
        elif kind == "flip" and content:
            content[at] ^= 1 << value
        elif kind == "cut":
            del content[at : at + value]
        elif kind == "end":
            del content[at:]
        elif kind == "repeat":
            content[at:at] = content[at : at + value]
    return bytes(content)


def fuzz(
    read: Callable[[bytes], object], whole: bytes, errors: tuple[type[Exception], ...], times: int
) -> None:
    """Read so many mutations of a file: nothing may come out but these errors.

    Prints how many were refused, so that a reader that refuses none is seen.
    """
    refused = 0

    @settings(
        max_examples=times,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(Edits)
    def once(edits: list[tuple[str, float, int | bytes]]) -> None:
        nonlocal refused
        try:
            read(mutated(whole, edits))
        except errors:
            refused += 1

    once()
    print(f"refused {refused}")


def in_a_child(call: str, folder: Path) -> int:
    """Run ``module:function`` on a folder, in a process whose death is seen; return the refused."""
    module, _, function = call.partition(":")
    code = (
        f"import pathlib, sys; from {module} import {function}; "
        f"{function}(pathlib.Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, (done.returncode, (done.stdout + done.stderr)[-4000:])
    return int(done.stdout.rpartition("refused ")[2])
