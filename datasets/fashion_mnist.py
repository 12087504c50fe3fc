"""Fashion-MNIST: 70,000 grey images of 28 x 28 pixels in ten balanced classes of clothing.

H. Xiao, K. Rasul, R. Vollgraf, *Fashion-MNIST: a novel image dataset for benchmarking machine
learning algorithms*, arXiv:1708.07747 (2017). Files in the IDX format of MNIST: a magic number
(2051 for images, 2049 for labels), the extents as big-endian 32-bit integers, then bytes.
"""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from datasets.content import content
from datasets.spec import DataError, Split

CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
UNSIGNED_BYTE = 0x08
"""The IDX code of the only element type that this distribution uses."""


def read(files: Mapping[str, Path]) -> Split[np.ndarray]:
    """Return images ``(n, 28, 28)`` uint8 and classes ``(n,)`` uint8, as distributed."""
    x_train, y_train = _pair(files, "train")
    x_test, y_test = _pair(files, "t10k")
    return Split(x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def parse(path: Path) -> np.ndarray:
    """Return the array of one IDX file of bytes, compressed or not."""
    whole = content(path)
    if len(whole) < 4 or whole[:3] != bytes((0, 0, UNSIGNED_BYTE)):
        raise DataError(f"{path}: not an IDX file of bytes: it starts with {whole[:4].hex()}")
    if not 1 <= whole[3] <= 3:
        raise DataError(f"{path}: expected 1 to 3 dimensions, got {whole[3]}")
    header = 4 + 4 * whole[3]
    if len(whole) < header:
        raise DataError(f"{path}: its header needs {header} bytes, got {len(whole)}")
    shape = tuple(int(extent) for extent in np.frombuffer(whole[4:header], dtype=">u4"))
    expected = header + math.prod(shape)
    if len(whole) != expected:
        raise DataError(f"{path}: shape {shape} needs {expected:,} bytes, got {len(whole):,}")
    return np.frombuffer(whole, dtype=np.uint8, offset=header).reshape(shape)


def _pair(files: Mapping[str, Path], subset: str) -> tuple[np.ndarray, np.ndarray]:
    images_path = files[f"{subset}-images-idx3-ubyte.gz"]
    labels_path = files[f"{subset}-labels-idx1-ubyte.gz"]
    images, labels = parse(images_path), parse(labels_path)
    if images.shape[1:] != (28, 28):
        raise DataError(f"{images_path}: expected images of 28 x 28, got shape {images.shape}")
    if labels.shape != images.shape[:1]:
        raise DataError(f"{labels_path}: {labels.shape} labels for {len(images):,} images")
    if labels.max(initial=0) >= len(CLASSES):
        raise DataError(f"{labels_path}: class {labels.max()}, but there are {len(CLASSES)}")
    return images, labels
