"""Whatever is in a data file or in the cache, the suite's own error comes out, or data."""

import gzip
import io
import os
import zipfile
from pathlib import Path

import pytest

from datasets import fashion_mnist, imdb, load, magic, miniboone
from datasets.registry import BY_NAME
from datasets.spec import DataError
from tests.datasets.files import write_fashion_mnist, write_imdb, write_magic, write_miniboone
from tests.mutations import fuzz, in_a_child

TIMES = 300


@pytest.mark.parametrize(
    "target",
    ["events", "rays", "images", "images_inside", "reviews", "reviews_inside", "cache"],
)
def test_only_its_own_error_comes_out(tmp_path: Path, target: str) -> None:
    refused = in_a_child(f"{__name__}:{target}", tmp_path)
    assert refused == 0 if target == "cache" else refused > TIMES / 10


def events(folder: Path) -> None:
    """Read text files of MiniBooNE."""
    path = write_miniboone(folder)

    def read(content: bytes) -> None:
        path.write_bytes(content)
        miniboone.read({miniboone.FILENAME: path})

    fuzz(read, path.read_bytes(), (DataError,), TIMES)


def rays(folder: Path) -> None:
    """Read text files of MAGIC."""
    path = write_magic(folder)

    def read(content: bytes) -> None:
        path.write_bytes(content)
        magic.read({magic.FILENAME: path})

    fuzz(read, path.read_bytes(), (DataError,), TIMES)


def images(folder: Path, *, inside: bool = False) -> None:
    """Read files of Fashion-MNIST."""
    files = write_fashion_mnist(folder)
    path = files["train-images-idx3-ubyte.gz"]
    whole = path.read_bytes()

    def read(content: bytes) -> None:
        path.write_bytes(gzip.compress(content, 1) if inside else content)
        fashion_mnist.read(files)

    fuzz(read, gzip.decompress(whole) if inside else whole, (DataError,), TIMES)


def images_inside(folder: Path) -> None:
    """Read files of Fashion-MNIST that are whole gzip files."""
    images(folder, inside=True)


def reviews(folder: Path) -> None:
    """Read archives of reviews."""
    path = write_imdb(folder)

    def read(content: bytes) -> None:
        path.write_bytes(content)
        imdb.read({imdb.FILENAME: path})

    fuzz(read, path.read_bytes(), (DataError,), TIMES)


def reviews_inside(folder: Path) -> None:
    """Read whole archives in which one pickled array is damaged."""
    path = write_imdb(folder)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}

    def read(content: bytes) -> None:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for name, old in members.items():
                archive.writestr(name, content if name == "x_train.npy" else old)
        path.write_bytes(stream.getvalue())
        imdb.read({imdb.FILENAME: path})

    fuzz(read, members["x_train.npy"], (DataError,), TIMES)


def cache(folder: Path) -> None:
    """Use cached arrays: whatever became of them, they are made anew."""
    os.environ["BENCH_CACHE_DIR"] = str(folder)
    sizes = {"synthetic": True, "train": 8, "test": 4}
    first = load.prepare(BY_NAME["imdb"], **sizes)  # type: ignore[arg-type]

    def use(content: bytes) -> None:
        first.path.write_bytes(content)
        assert load.raw(BY_NAME["imdb"], **sizes)[1].checksum == first.checksum  # type: ignore[arg-type]

    fuzz(use, first.path.read_bytes(), (), TIMES)
