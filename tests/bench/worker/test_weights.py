"""A file of weights with anything in it: read, or refused in one line that names the file."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from bench.worker import weights, weights_file
from bench.worker.compilation import compile_model
from bench.worker.description import build
from bench.worker.weights_file import WeightsError
from tests.builders import tiny

# NumPy's, of how Keras reads JAX's arrays; workers do not hear of it either.
pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")

EXPERIMENT = tiny("tabular_mlp", "jax")
NAME = "net.weights.h5"


@pytest.fixture(scope="module")
def model() -> keras.Model:
    found = build(EXPERIMENT)
    compile_model(found, EXPERIMENT, classes=2)
    found.optimizer.build(found.trainable_variables)
    return found


@pytest.fixture
def path(model: keras.Model, tmp_path: Path) -> Path:
    path = tmp_path / NAME
    weights.save(path, model, EXPERIMENT, {"seed": 0}, epochs=1)
    return path


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read files in this process, which they do no harm: it is faster."""
    monkeypatch.setattr(weights_file, "ask", weights_file.read)


def refusal(path: Path, model: keras.Model) -> str:
    """Return why a file is refused."""
    with pytest.raises(WeightsError) as caught:
        weights.load(path, model, "tabular_mlp")
    line = str(caught.value)
    assert line.startswith(NAME)
    assert line.isprintable()
    assert len(line) < 500
    return line


@pytest.mark.skipif(sys.platform == "win32", reason="limits files as on Unix")
@pytest.mark.parametrize("most", [2_000, 20_000, 100_000])
def test_what_does_not_fit_on_the_disk_is_an_error_of_the_disk(
    path: Path, model: keras.Model, most: int
) -> None:
    import resource

    whole, (soft, hard) = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    assert len(whole) < weights.most_bytes(model) < 3 * len(whole)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        with pytest.raises(OSError) as caught:  # noqa: PT011
            weights.save(path, model, EXPERIMENT, {"seed": 0}, epochs=2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert str(caught.value)
    assert path.read_bytes() == whole
    assert list(path.parent.iterdir()) == [path]


def test_a_whole_file_is_read(path: Path, model: keras.Model) -> None:
    before = weights.checksum(model)
    model.set_weights([array + 1 for array in model.get_weights()])
    weights.load(path, model, "tabular_mlp")
    assert weights.checksum(model) == before


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("attribute", weights_file.SAID)
@pytest.mark.parametrize(
    "value",
    [
        *([1, 1], [[1, 2], [3, 4]], [], 1.0, float("nan"), True, "", "a\nb", "x" * 5000, b"bytes"),
        *(np.void(b"ab"), h5py.Empty("f"), 2**40, -1, ["a", "b"], "\x1b[31m", complex(1, 2)),
    ],
    ids=lambda value: str(value)[:9],
)
def test_an_attribute_of_any_type_and_shape(
    path: Path, model: keras.Model, attribute: str, value: object
) -> None:
    with h5py.File(path, "r+") as file:
        del file.attrs[attribute]
        file.attrs[attribute] = value
    refusal(path, model)


@pytest.mark.usefixtures("here")
def test_an_attribute_of_a_type_that_numpy_does_not_have(path: Path, model: keras.Model) -> None:
    with h5py.File(path, "r+") as file:
        del file.attrs["revision"]
        space = h5py.h5s.create(h5py.h5s.SCALAR)
        h5py.h5a.create(file.id, b"revision", h5py.h5t.STD_B8LE, space)
    refusal(path, model)


def largest(file: h5py.File) -> str:
    names: list[str] = []
    file.visititems(lambda name, item: names.append(name) if hasattr(item, "size") else None)
    return max(names, key=lambda name: file[name].size)


def exchanged(make: Callable[[h5py.File, str], object]) -> Callable[[Path], None]:
    """Return what puts something else in the place of a file's largest array."""

    def damage(path: Path) -> None:
        with h5py.File(path, "r+") as file:
            name = largest(file)
            del file[name]
            make(file, name)

    return damage


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("no HDF5")


def loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:3000])


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def external(file: h5py.File, name: str) -> None:
    file[name] = h5py.ExternalLink("/dev/zero", "/")


def outside(file: h5py.File, name: str) -> None:
    place = [("/dev/zero", 0, h5py.h5f.UNLIMITED)]
    file.create_dataset(name, (150, 50), "f4", external=place)


def huge(file: h5py.File, name: str) -> None:
    file.create_dataset(name, (2**20, 2**20), "f4", chunks=(1024, 1024))


def huge_chunk(file: h5py.File, name: str) -> None:
    file.create_dataset(name, (50, 150), "f4", chunks=(2**14, 2**14), maxshape=(None, None))


DAMAGE: dict[str, Callable[[Path], None]] = {
    "missing": Path.unlink,
    "empty": empty,
    "text": text,
    "cut": cut,
    "pipe": pipe,
    "folder": folder,
    "loop": loop,
    "no array": exchanged(lambda file, name: None),
    "group": exchanged(lambda file, name: file.create_group(name)),
    "texts": exchanged(lambda file, name: file.create_dataset(name, data=["a", "b"])),
    "shape": exchanged(lambda file, name: file.create_dataset(name, (3, 3), "f4")),
    "complex": exchanged(lambda file, name: file.create_dataset(name, (50, 150), "c16")),
    "null": exchanged(lambda file, name: file.create_dataset(name, data=h5py.Empty("f"))),
    "values": exchanged(lambda file, name: file.create_dataset(name, (50, 150), "f4")),
    "link": exchanged(lambda file, name: file.__setitem__(name, h5py.SoftLink("/nowhere"))),
    "cycle": exchanged(lambda file, name: file.__setitem__(name, file["/"])),
    "external": exchanged(external),
    "outside": exchanged(outside),
    "huge": exchanged(huge),
    "huge chunk": exchanged(huge_chunk),
}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_file_that_is_damaged_or_something_else(
    path: Path, model: keras.Model, damage: str
) -> None:
    DAMAGE[damage](path)
    refusal(path, model)
    said = {"huge": "more than any network", "outside": "in another file"}
    assert said.get(damage.partition(" ")[0], "") in refusal(path, model)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("a\nb"),
        OverflowError(""),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "c"),
        MemoryError(),
    ],
    ids=repr,
)
def test_an_error_of_any_kind_of_the_reader(
    path: Path, model: keras.Model, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(name: str) -> None:
        raise error

    monkeypatch.setattr(h5py.AttributeManager, "__getitem__", lambda self, name: fail(name))
    refusal(path, model)


def test_flipped_bits(path: Path, model: keras.Model) -> None:
    """A flip where nothing is written changes nothing; any other is found."""
    whole, random = path.read_bytes(), np.random.default_rng(0)
    before, refused = weights.checksum(model), 0
    for place in random.integers(len(whole), size=6):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << random.integers(8)
        path.write_bytes(flipped)
        try:
            weights.load(path, model, "tabular_mlp")
        except WeightsError:
            refused += 1
        else:
            assert weights.checksum(model) == before
    assert refused


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import os; os.kill(os.getpid(), 11)", "its reader crashed"),
        ("print('{')", "its reader crashed"),
        ("import signal, time; signal.alarm(1); time.sleep(60)", "could not be read within"),
    ],
)
def test_a_file_on_which_the_reader_crashes_or_never_ends(
    path: Path, model: keras.Model, monkeypatch: pytest.MonkeyPatch, program: str, said: str
) -> None:
    monkeypatch.setattr(weights_file, "COMMAND", (sys.executable, "-c", program))
    assert said in refusal(path, model)
