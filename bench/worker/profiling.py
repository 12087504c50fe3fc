"""``python -m bench.worker.profiling EXPERIMENT FOLDER``: a training, watched by the profiler.

One epoch to compile and one that the backend's own profiler watches, in this process of the
backend; ``EXPERIMENT`` is JSON, what the profiler saw is in the folder. With a file of it alone
(``*.xplane.pb``), and in a process of JAX, it prints the operations, as JSON.
"""

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec

from bench.experiment import Experiment
from bench.protocol import KERAS_BACKEND
from bench.worker import setup

WAITING = ("ThunkExecutor", "KernelAndDeviceFunc")
"""What threads are said to do while they wait for what others do."""


def main() -> None:
    """Train and watch, or read what was seen."""
    if len(sys.argv) == 2:
        print(json.dumps(operations(Path(sys.argv[1]))))
        return
    experiment = msgspec.json.decode(sys.argv[1], type=Experiment)
    setup.hide_others(experiment.backend)
    from bench.worker import programs, workload
    from bench.worker.training import batch_order

    setup.begin(experiment)
    built = workload.of(experiment)
    train = programs.trainer(
        built.model,
        built.x_train,
        built.y_train,
        batch_size=experiment.batch_size,
        execution=built.execution,
    )
    order = batch_order(experiment.seed, 0, built.samples)
    train(0, order)
    watch(lambda: train(1, order), sys.argv[2])


def watch(work: Callable[[], object], folder: str) -> None:
    """Do some work and let the backend's profiler write into a folder what it saw, Python apart."""
    if os.environ[KERAS_BACKEND] == "jax":
        import jax

        options = jax.profiler.ProfileOptions()
        options.python_tracer_level = 0
        with jax.profiler.trace(folder, profiler_options=options):
            work()
    else:
        import tensorflow as tf

        profiler = tf.profiler.experimental
        with profiler.Profile(folder, profiler.ProfilerOptions(python_tracer_level=0)):
            work()


def operations(profile: Path) -> "Counter[str]":
    """Return the nanoseconds of each kind of operation, without those within it and waiting."""
    from jax.profiler import ProfileData

    spent: Counter[str] = Counter()
    for plane in ProfileData.from_file(str(profile)).planes:
        if plane.name != "/host:CPU":
            continue
        for line in plane.lines:
            events = sorted(
                ((event.start_ns, -event.duration_ns, event.name) for event in line.events),
            )
            around: list[tuple[float, str]] = []  # ends and names of what an event is within
            for start, negative, name in events:
                kind = re.sub(r"[.:]\d+|_\d+$|\d+$", "", name.split(":")[0].split("#")[0])
                while around and around[-1][0] <= start:
                    around.pop()
                if around:
                    spent[around[-1][1]] += negative
                spent[kind] -= negative
                around.append((start - negative, kind))
    return Counter({name: time for name, time in spent.items() if name not in WAITING})


if __name__ == "__main__":
    main()
