"""Small files in the real on-disk formats."""

import gzip
import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from datasets import imdb, magic, miniboone

SIGNAL, BACKGROUND = 10, 30
REVIEWS = [[1, 2, 9_996, 9_997, 4], [3], list(range(1, 40))]


def write_miniboone(folder: Path, text: str | None = None) -> Path:
    """Write events in the layout of the original: counts, then signal rows, then background."""
    rows = np.arange((SIGNAL + BACKGROUND) * 50).reshape(-1, 50) / 7
    rows[3] = -999
    if text is None:
        lines = ["  ".join(f"{value: .6E}" for value in row) for row in rows]
        text = f" {SIGNAL} {BACKGROUND}\n" + "\n".join(lines) + "\n"
    path = folder / miniboone.FILENAME
    path.write_text(text)
    return path


def write_magic(folder: Path, text: str | None = None) -> Path:
    """Write events in the layout of the original: an event a line, its letter last."""
    if text is None:
        rows = np.arange((SIGNAL + BACKGROUND) * 10).reshape(-1, 10) / 7
        letters = "h" * SIGNAL + "g" * BACKGROUND
        lines = [
            ",".join([*(f"{value:.4f}" for value in row), letter])
            for row, letter in zip(rows, letters, strict=True)
        ]
        text = "\n".join(lines) + "\n"
    path = folder / magic.FILENAME
    path.write_text(text)
    return path


def write_fashion_mnist(folder: Path, train: int = 20, test: int = 10) -> dict[str, Path]:
    """Write images and labels in the IDX format."""
    random = np.random.default_rng(0)
    files = {}
    for subset, count in (("train", train), ("t10k", test)):
        images = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        contents = {
            f"{subset}-images-idx3-ubyte.gz": struct.pack(">iiii", 2051, count, 28, 28)
            + images.tobytes(),
            f"{subset}-labels-idx1-ubyte.gz": struct.pack(">ii", 2049, count) + labels.tobytes(),
        }
        for name, content in contents.items():
            files[name] = folder / name
            files[name].write_bytes(gzip.compress(content))
    return files


def write_imdb(folder: Path, **arrays: Any) -> Path:
    """Write reviews in the layout of the Keras distribution."""
    whole: dict[str, Any] = {"x_train": REVIEWS, "y_train": [1, 0, 1]}
    whole |= {"x_test": REVIEWS[:2], "y_test": [0, 1]}
    path = folder / imdb.FILENAME
    with zipfile.ZipFile(path, "w") as archive:
        for name, values in (whole | arrays).items():
            if name.startswith("x"):
                array = np.empty(len(values), np.object_)
                array[:] = values
            else:
                array = np.asarray(values)
            stream = io.BytesIO()
            np.save(stream, array, allow_pickle=True)
            archive.writestr(f"{name}.npy", stream.getvalue())
    return path
