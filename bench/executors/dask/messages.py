"""What crosses the wire, as msgpack, never as pickled objects of this project."""

import functools
import hashlib
from dataclasses import dataclass

from bench import backends
from bench.experiment import Experiment
from bench.machine import ROOT
from bench.protocol import Paths
from reports.schema.record import Provenance, Record

CANCELLED = "cancelled: nobody waits for it"
OUTPUTS = ("predictions", "arrays")
"""The fields of `Paths` that an experiment writes and the client wants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a worker has."""

    address: str
    machine: str
    cores: int
    """That it may use, of the machine's."""
    machine_cores: int
    code: str
    packages: dict[str, dict[str, str]]
    resources: dict[str, float]
    """Those that it was started with, such as ``GPU``, and those that `Service` added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One experiment, with what a worker on another machine must know."""

    experiment: Experiment
    provenance: Provenance
    """What the client would measure: a worker that would measure something else refuses."""
    service: str
    topic: str
    """Of the events that tell of its progress."""
    data_dir: str | None
    token: str
    """A file beside the client's records: workers that see it share that disk."""
    began: float
    """When the client began, in seconds of the epoch: later checkpoints are of this run."""
    paths: Paths


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a worker answers."""

    record: Record
    files: dict[str, bytes]
    """What the experiment has written, by field of `Paths`."""


@functools.cache
def code() -> str:
    """Return a hash of this project's source as it was when this process first asked."""
    digest = hashlib.sha256()
    for package in ("architectures", "bench", "datasets", "reports"):
        for path in sorted((ROOT / package).rglob("*.py")):
            digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


versions = functools.cache(backends.versions)
"""Those of when this process first asked."""
