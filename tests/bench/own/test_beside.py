"""What the user's code finds beside it, and when."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench.executors.process import Runner
from tests.bench.own.files import LOGITS, MODEL, TRAINERS, trained


def test_files_may_be_called_as_the_suite_calls_its_own(runner: Runner, folder: Path) -> None:
    (folder / "datasets.py").write_text("UNITS = 2\n")
    (folder / "net.py").write_text(
        "import datasets\n" + MODEL.format(units="datasets.UNITS", loss=LOGITS)
    )
    assert trained(runner).network.parameters == 10


LATE = """
import keras

class Late(keras.layers.Layer):
    def call(self, x, training=False):
        if training:
            from tools import factor
            import beside
            return x * factor * beside.FACTOR * float(open("factor.txt").read())
        return x
"""


@pytest.mark.parametrize(
    ("backend", "saved"), [*((name, False) for name in TRAINERS), (TRAINERS[-1], True)]
)
def test_what_it_needs_only_when_it_trains_is_found(
    runner: Runner, folder: Path, backend: str, saved: bool
) -> None:
    (folder / "late.py").write_text(LATE)
    (folder / "beside.py").write_text("FACTOR = 0.5\n")
    (folder / "tools.py").write_text("factor = 2.0\n")
    (folder / "factor.txt").write_text("0.0")
    wanted: dict[str, object] = {"backends": [backend]}
    text = MODEL.format(units=2, loss=LOGITS).replace(
        "keras.Input((4,))", "keras.Input((4,)), late.Late()"
    )
    (folder / "net.py").write_text(f"import late\n{text}")
    if saved:
        command = "import net; net.build().save('saved.keras')"
        environment = {**os.environ, "KERAS_BACKEND": backend}
        subprocess.run([sys.executable, "-c", command], check=True, env=environment)
        wanted |= {"networks": ["saved.keras"], "custom_objects": "late.py"}
    record = trained(runner, **wanted)
    assert record.history.train["loss"][0] == pytest.approx(np.log(2), abs=0.05), "of inputs of 0"
