"""``python -m tools.cluster_cost NUMBER WORKERS``: what a cluster adds to an experiment.

So many experiments that do nothing, on so many workers of this machine, through the session, the
executor and the store; then their report. Prints seconds, milliseconds an experiment, and the
highest resident set of this process.
"""

import io
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import dask
import msgspec
import numpy as np
from msgspec import structs

from bench.executors.dask.client import Cluster
from bench.executors.dask.messages import Order, Outcome
from bench.outcome import header
from bench.session import Session
from bench.store import Store
from datasets.registry import find
from reports.schema.predictions import Predictions
from reports.schema.record import History, Series, Trained
from tests.builders import ROOT, build_record, planned, trained

PATTERN: Trained = build_record()
SAMPLES = 2


def nothing(payload: bytes, reference: bytes | None) -> bytes:
    """Return a record of the right experiment without running it."""
    order = msgspec.msgpack.decode(payload, type=Order)
    experiment, known = order.experiment, order.provenance
    classes = find(experiment.dataset).classes
    metrics = ("loss", *experiment.metrics)
    predictions = Predictions(
        true=np.zeros(SAMPLES, np.uint8),
        probabilities=np.zeros((SAMPLES, len(classes) if len(classes) > 2 else 1), np.float32),
    )
    stream = io.BytesIO()
    predictions.save(stream)
    series: dict[str, Series] = dict.fromkeys(metrics, (0.5,) * experiment.epochs)
    record = structs.replace(
        PATTERN,
        **header(experiment, started_at=PATTERN.started_at, provenance=known),
        data=replace(
            PATTERN.data, checksum=str(known["data"]), classes=classes, test_samples=SAMPLES
        ),
        network=replace(PATTERN.network, revision=int(known["revision"] or 0)),
        history=History(train=series, validation=series),
        test=dict.fromkeys(metrics, 0.5),
        confusion=((0,) * len(classes),) * len(classes),
        predictions=predictions.checksum,
    )
    return msgspec.msgpack.encode(Outcome(record=record, files={"predictions": stream.getvalue()}))


def noop(number: int, workers: int) -> None:
    """Run the grid and report it."""
    both = ["jax", "tensorflow"]
    seeds = -(-number // len(planned(profile="smoke", backends=both)))
    experiments = planned(profile="smoke", backends=both, seeds=seeds, epochs=PATTERN.epochs)[
        :number
    ]
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(f"local:{workers}", folder=Path(folder), jobs=workers, task=nothing)
        session = Session(experiments, Store(Path(folder)), cluster)
        ids = list(session.experiments)
        clock = time.perf_counter()
        session.warm_up(ids)
        started = time.perf_counter()
        session.prepare(ids)
        prepared = time.perf_counter()
        session.submit(ids)
        submitted = time.perf_counter()
        for id in ids:
            trained(session.record(id, lambda experiment, progress: None))
        collected = time.perf_counter()
        cluster.close()
        assert len(list(Path(folder).glob("*.json"))) == number
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        rendering = time.perf_counter()
        command = [sys.executable, "-m", "reports", "render", folder, "-o", f"{folder}/report"]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        rendered = time.perf_counter()
    each = (collected - prepared) / number * 1000
    print(
        f"{number:,} experiments, {workers} workers: start {started - clock:.1f} s, "
        f"prepare {prepared - started:.1f} s, submit {submitted - prepared:.1f} s, "
        f"collect {collected - submitted:.1f} s, {each:.1f} ms each; "
        f"client {memory:.0f} MiB; report {rendered - rendering:.1f} s",
        flush=True,
    )


if __name__ == "__main__":
    with dask.config.set({"distributed.logging.distributed": "error"}):
        noop(*map(int, sys.argv[1:]))
