"""Which numbers and names a record can hold: what lies beyond is damage, and no measurement.

Whatever reads a record can rely on them: no sum, ratio, square or logarithm of these numbers
overflows, and every name is part of a file name as it is.
"""

from typing import Annotated

from msgspec import Meta

EXACT = 2**53
"""Whole numbers up to here are the same in every reader of JSON."""
LARGEST = 3.5e38
"""Beyond the largest float32, in which networks compute."""

Whole = Annotated[int, Meta(ge=-EXACT, le=EXACT)]
Count = Annotated[int, Meta(ge=0, le=EXACT)]
Some = Annotated[int, Meta(ge=1, le=EXACT)]
"""A count that is divided by."""
Extent = Annotated[int, Meta(ge=0, le=2**31)]
Shape = Annotated[tuple[Extent | None, ...], Meta(max_length=16)]
"""The leading null is the batch."""

Real = Annotated[float, Meta(ge=-LARGEST, le=LARGEST)]
Share = Annotated[float, Meta(ge=0, le=1)]
Error = Annotated[float, Meta(ge=0, le=LARGEST)]
Load = Annotated[float, Meta(ge=0, le=1e9)]
Rate = Annotated[float, Meta(ge=1, le=1e24)]
"""Something a second."""
Seconds = Annotated[float, Meta(ge=0, le=1e9)]
EpochSeconds = Annotated[float, Meta(ge=1e-9, le=1e9)]
"""Or of a fit. Never none: their ratios and logarithms are taken."""

Name = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][\w.+-]*\Z", max_length=100)]
"""Of a network, a data set, a backend, …"""
NameOrNone = Annotated[str, Meta(pattern=r"\A([A-Za-z0-9][\w.+-]*)?\Z", max_length=100)]
"""Empty where there is none."""
Hash = Annotated[str, Meta(pattern=r"\A[\w:.-]*\Z", max_length=200)]
Moment = Annotated[
    str,
    Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[0-9.:Z+-]*\Z"),
    Meta(max_length=40),
]
"""UTC, ISO 8601: as texts in their order."""
Text = Annotated[str, Meta(max_length=2000)]
"""For people."""
Classes = Annotated[tuple[Text, ...], Meta(max_length=1000)]
