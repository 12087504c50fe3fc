"""Samples of the user's own: from their function, an ``.npz`` file or a folder of pictures."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from bench.own.place import Place
from bench.worker.own import code
from bench.worker.own.code import OwnError
from bench.worker.structure import Structure, count, take

PARTS = ("x_train", "y_train", "x_test", "y_test")
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
Shape = tuple[int | None, ...]
TEST_SHARE = 5
"""One of so many pictures is for testing, where the folder does not say."""
EXPECTED = "expected (x_train, y_train), (x_test, y_test)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """What a network is trained and tested on, as it was given."""

    x_train: Structure
    y_train: Structure
    x_test: Structure
    y_test: Structure
    classes: tuple[str, ...] = ()
    """Names, where the data tell them."""

    def cut(self, train: int | None, test: int | None) -> "Samples":
        """Keep so many, drawn without replacement by a fixed seed; None is all."""
        rows_train, rows_test = _draw(count(self.x_train), train), _draw(count(self.x_test), test)
        return replace(
            self,
            x_train=take(self.x_train, rows_train),
            y_train=take(self.y_train, rows_train),
            x_test=take(self.x_test, rows_test),
            y_test=take(self.y_test, rows_test),
        )

    @property
    def checksum(self) -> str:
        """``sha256:…`` over all arrays."""
        digest = hashlib.sha256()
        for part in PARTS:
            for array in keras.tree.flatten(getattr(self, part)):
                digest.update(f"{part} {array.dtype.str} {array.shape}\n".encode())
                digest.update(np.ascontiguousarray(array).data)
        return f"sha256:{digest.hexdigest()}"


def read(place: Place, inputs: Sequence[Shape]) -> Samples:
    """Return the samples of a place, checked for themselves. Raises `OwnError`.

    ``inputs`` are the shapes of what takes them, of one sample: pictures are read in that size.
    """
    if place.attribute:
        given = code.call(place, code.load(place))
        samples = _unpacked(place, given)
    elif Path(place.path).is_dir():
        samples = _pictures(Path(place.path), inputs)
    else:
        samples = _npz(Path(place.path))
    return _checked(place, samples)


def _unpacked(place: Place, given: Any) -> Samples:
    try:
        (x_train, y_train), (x_test, y_test) = given
    except (TypeError, ValueError):
        raise OwnError(f"{place.shown} returned {_kind(given)}; {EXPECTED}") from None
    arrays: dict[str, Any] = {}
    for name, part in zip(PARTS, (x_train, y_train, x_test, y_test), strict=True):
        if part is None or isinstance(part, str):
            raise OwnError(f"{place.shown}: {name} is {part!r}; expected arrays")
        arrays[name] = _of_arrays(place, name, part)
    return Samples(**arrays)


def _of_arrays(place: Place, name: str, part: Any) -> Structure:
    """Return a part as arrays of NumPy: itself, or a tuple, list or dictionary of them."""
    if isinstance(part, dict):
        return {key: _of_arrays(place, f"{name}[{key!r}]", value) for key, value in part.items()}
    if isinstance(part, tuple | list) and any(isinstance(p, np.ndarray | dict) for p in part):
        return tuple(_of_arrays(place, f"{name}[{i}]", value) for i, value in enumerate(part))
    try:
        return np.asarray(part)
    except Exception as error:
        raise OwnError(f"{place.shown}: {name} is no array: {error}") from None


def _kind(given: Any) -> str:
    size = f" of {len(given)}" if isinstance(given, tuple | list) else ""
    return f"a {type(given).__name__}{size}"


def _npz(path: Path) -> Samples:
    """Read ``x_train``, …; of several inputs ``x_train.NAME``. Nothing pickled is read."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except Exception as error:  # NumPy and zipfile have many for what they cannot read
        raise OwnError(f"{path.name} cannot be read: {error}") from None
    parts: dict[str, Any] = {}
    for part in PARTS:
        several = {
            name.partition(".")[2]: array
            for name, array in arrays.items()
            if name.startswith(f"{part}.")
        }
        if part not in arrays and not several:
            raise OwnError(
                f"{path.name} has no {part}; it has {', '.join(arrays) or 'nothing'}; expected "
                f"{', '.join(PARTS)}, of several inputs {part}.NAME each"
            )
        parts[part] = several or arrays[part]
    return Samples(**parts)


def _pictures(folder: Path, inputs: Sequence[Shape]) -> Samples:
    """Read ``CLASS/*`` of a folder, or of its ``train`` and ``test``, in the model's size."""
    shape = inputs[0] if inputs else ()
    if len(inputs) != 1 or len(shape) != 3 or None in shape or shape[2] not in (1, 3, 4):
        raise OwnError(
            f"{folder.name}: pictures are for a model with one input (height, width, channels); "
            f"this one takes {', '.join(str((None, *i)) for i in inputs) or 'it does not tell'}"
        )
    train = folder / "train"
    named = train.is_dir() and (folder / "test").is_dir()
    classes = tuple(sorted(p.name for p in (train if named else folder).iterdir() if p.is_dir()))
    parts: dict[str, list[Any]] = {part: [] for part in PARTS}
    for number, name in enumerate(classes):
        for use, picture in _divided(folder, name, named=named):
            parts[f"x_{use}"].append(_picture(picture, shape))
            parts[f"y_{use}"].append(number)
    if not parts["y_train"] or not parts["y_test"]:
        raise OwnError(
            f"{folder.name}: expected pictures in CLASS/, or in train/CLASS/ and test/CLASS/; "
            f"found {len(parts['y_train'])} for training and {len(parts['y_test'])} for testing in "
            f"{len(classes)} folders"
        )
    arrays = {part: np.asarray(values) for part, values in parts.items()}
    return Samples(**arrays, classes=classes)


def _divided(folder: Path, name: str, *, named: bool) -> Iterator[tuple[str, Path]]:
    """Yield the pictures of a class, in the order of their names, and what each is for."""
    if named:
        for use in ("train", "test"):
            yield from ((use, path) for path in _files(folder / use / name))
        return
    for number, path in enumerate(_files(folder / name)):
        yield ("test" if number % TEST_SHARE == TEST_SHARE - 1 else "train"), path


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in PICTURES)


def _picture(path: Path, shape: Shape) -> np.ndarray:
    mode = {1: "grayscale", 3: "rgb"}.get(shape[2] or 1, "rgba")
    try:
        picture = keras.utils.load_img(path, color_mode=mode, target_size=shape[:2])
    except Exception as error:  # Pillow's are many
        raise OwnError(f"{path.parent.name}/{path.name} is no picture: {error}") from None
    array: np.ndarray = keras.utils.img_to_array(picture, dtype="float32")
    return array


def _checked(place: Place, samples: Samples) -> Samples:
    """Return samples with usual dtypes. Raises `OwnError` for what cannot be trained on."""
    parts = {}
    for use in ("train", "test"):
        counts = {}
        for part in (f"x_{use}", f"y_{use}"):
            structure = getattr(samples, part)
            for path, array in keras.tree.flatten_with_path(structure):
                name = part + "".join(f"[{key!r}]" for key in path)
                _check_array(place, name, array)
                counts[name] = len(array)
            parts[part] = keras.tree.map_structure(_usual, structure)
        if not counts or len(set(counts.values())) > 1 or not min(counts.values()):
            told = ", ".join(f"{name} {number:,}" for name, number in counts.items())
            raise OwnError(f"{place.shown}: numbers of samples differ or are 0: {told or 'none'}")
    return replace(samples, **parts)


def _check_array(place: Place, name: str, array: np.ndarray) -> None:
    if array.dtype.kind not in "fiub" or array.ndim == 0:
        raise OwnError(
            f"{place.shown}: {name} is of {array.dtype}, shape {array.shape}; expected numbers, "
            "the samples along the first axis"
        )
    if array.dtype.kind == "f" and (wrong := int((~np.isfinite(array)).sum())):
        raise OwnError(
            f"{place.shown}: {name} has {wrong:,} of {array.size:,} values that are not finite "
            "(NaN or infinite)"
        )


def _usual(array: np.ndarray) -> np.ndarray:
    """Return float32 for other floats, and bytes for truth values."""
    if array.dtype.kind == "f":
        return array.astype(np.float32, copy=False)
    return array.astype(np.uint8) if array.dtype.kind == "b" else array


def _draw(available: int, wanted: int | None) -> np.ndarray | slice:
    if wanted is None or wanted >= available:
        return slice(None)
    return np.random.default_rng(0).permutation(available)[:wanted]
