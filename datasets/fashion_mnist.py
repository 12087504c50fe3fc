"""Fashion-MNIST: 70,000 grey images of 28 x 28 pixels in ten balanced classes of clothing.

H. Xiao, K. Rasul, R. Vollgraf, *Fashion-MNIST: a novel image dataset for benchmarking machine
learning algorithms*, arXiv:1708.07747 (2017). Files in the IDX format of MNIST: a magic number
(2051 for images, 2049 for labels), the extents as big-endian 32-bit integers, then bytes.
"""

import gzip
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

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
    """Return the array of one compressed IDX file of bytes."""
    try:
        with gzip.open(path) as stream:
            content = stream.read()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: not a whole gzip file: {error}") from None
    if len(content) < 4 or content[:3] != bytes((0, 0, UNSIGNED_BYTE)):
        raise DataError(f"{path}: not an IDX file of bytes: it starts with {content[:4].hex()}")
    header = 4 + 4 * content[3]
    if len(content) < header:
        raise DataError(f"{path}: its header needs {header} bytes, got {len(content)}")
    shape = tuple(int(extent) for extent in np.frombuffer(content[4:header], dtype=">i4"))
    expected = header + int(np.prod(shape))
    if len(content) != expected:
        raise DataError(f"{path}: shape {shape} needs {expected:,} bytes, got {len(content):,}")
    return np.frombuffer(content, dtype=np.uint8, offset=header).reshape(shape)


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
