"""Whatever is in a file of weights or a checkpoint, only its reader's own error comes out."""

from pathlib import Path

import pytest

from bench import experiment, training_state
from tests.builders import tiny
from tests.mutations import fuzz, in_a_child

TIMES = 200


@pytest.mark.parametrize("target", ["weights", "checkpoint", "training"])
def test_only_its_own_error_comes_out(
    tmp_path: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    refused = in_a_child(f"{__name__}:{target}", tmp_path)
    assert refused == 0 if target == "training" else refused > TIMES / 10


def weights(folder: Path) -> None:
    """Read files of weights."""
    from bench.worker import description, weights, weights_file

    wanted = tiny("tabular_mlp", "jax")
    model, path = description.build(wanted), folder / "net.weights.h5"
    facts = experiment.provenance(wanted, checksum="", packages={})
    weights.save(path, model, wanted, facts, epochs=2)

    def read(content: bytes) -> None:
        path.write_bytes(content)
        weights.load(path, model, wanted.architecture)

    weights_file.ask = weights_file.read  # this is a child already
    fuzz(read, path.read_bytes(), (weights_file.WeightsError,), TIMES)


def checkpoint(folder: Path) -> None:
    """Go on from checkpoints."""
    from bench.worker import checkpoint, description
    from bench.worker.compilation import compile_model

    wanted = tiny("tabular_mlp", "jax")
    model, path = description.build(wanted), folder / "net.npz"
    compile_model(model, wanted, classes=2)
    checkpoint.save(path, model, training_state.TrainingState(starts=[0], epoch_seconds=[1.0]))

    def read(content: bytes) -> None:
        path.write_bytes(content)
        checkpoint.restore(path, model)

    fuzz(read, path.read_bytes(), (ValueError,), TIMES)


def training(folder: Path) -> None:
    """Look how far a checkpoint is: nothing at all comes out, but what had been measured."""
    import numpy as np

    path = folder / "net.npz"
    state = training_state.TrainingState(epoch_seconds=[1.0], starts=[0])
    np.savez(path, allow_pickle=False, **{training_state.ARRAY: training_state.encode(state)})

    def read(content: bytes) -> None:
        path.write_bytes(content)
        training_state.read(path)

    fuzz(read, path.read_bytes(), (), TIMES)
