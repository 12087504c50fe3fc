"""Data of the user's for a baseline."""

from dataclasses import replace

import numpy as np

from architectures.registry import BASELINES_BY_NAME
from architectures.spec import Modality
from bench.experiment import Experiment
from bench.worker.own import data as own_data
from bench.worker.own import encoding
from bench.worker.own.code import OwnError
from bench.worker.own.workload import cut
from datasets.spec import Split
from reports.schema.record import Data


def arrays(experiment: Experiment) -> tuple[Split[np.ndarray], Data, Modality]:
    """Return encoded arrays, what a record says of them, and as what kind of data they are taken.

    No more of them than the baseline gets of the suite's own. Raises `OwnError`.
    """
    own, name = experiment.own, experiment.architecture
    assert own
    assert own.data
    whole = own_data.read(own.data, [encoding.PICTURE])
    whole = replace(whole, classes=encoding.classes(name, whole, own.data.shown))
    taker, modality = encoding.taking_baseline(name, whole, own.data.shown)
    numbers = experiment.train_samples, BASELINES_BY_NAME[name].samples[modality]
    most = min((number for number in numbers if number is not None), default=None)
    samples, data = cut(replace(experiment, train_samples=most), whole)
    encoded = encoding.encoded(taker, samples, own.data.shown)
    if len(seen := np.unique(encoded.y_train)) < 2:
        raise OwnError(
            f"{name} tells classes apart: all of the {len(encoded.y_train):,} samples drawn of "
            f"{own.data.shown} are of class {seen[0]}; give it more"
        )
    split = Split(
        x_train=encoded.x_train,
        y_train=encoded.y_train,
        x_test=encoded.x_test,
        y_test=encoded.y_test,
    )
    return split, data, modality
