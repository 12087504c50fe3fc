"""Where the files of a data set are, and how to get them. The only network code of the project."""

import contextlib
import hashlib
import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import filelock
import platformdirs
import pooch
import requests

from datasets.content import content
from datasets.spec import (
    CACHE_DIR,
    DATA_DIR,
    DataError,
    Dataset,
    MissingDataError,
    Origin,
    Source,
)
from datasets.writing import whole_path

CONNECT_SECONDS = 10
RETRIES = 2
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
"""What zipfile raises on damaged archives, and on those that are encrypted or packed otherwise."""
KERAS_HOME = "KERAS_HOME"
"""Environment variable of Keras' own: where it keeps what it has downloaded."""


def cache_dir() -> Path:
    """Return the folder for downloads and parsed arrays."""
    return Path(os.environ.get(CACHE_DIR) or platformdirs.user_cache_path("keras-bench"))


def locate(dataset: Dataset) -> dict[str, Path]:
    """Return the path of each file by name, from the data directory or the downloads.

    Takes them packed by gzip or not, and from Keras' own cache. Never touches the network. Raises
    `MissingDataError` when a file is nowhere.
    """
    files: dict[str, Path] = {}
    for source in dataset.sources:
        path = _find(dataset, source)
        if path is None:
            raise MissingDataError(_missing(dataset, source))
        files[source.filename] = path
    return files


def origin(dataset: Dataset, files: Mapping[str, Path]) -> tuple[Origin, str]:
    """Return what the located files are, and what to say of it; empty where that is nothing."""
    origins: dict[str, Origin] = {}
    remarks = []
    for source in dataset.sources:
        origins[source.filename], remark = _origin(source, files[source.filename])
        remarks += [f"{source.filename} is {remark}"] if remark else []
    worst = max(origins.values(), key=get_args(Origin).index)
    return worst, "; ".join(remarks)


def _origin(source: Source, path: Path) -> tuple[Origin, str]:
    if source.checksum is None:
        return "structure", ""
    if fingerprint(path, _algorithm(source.checksum)) == source.checksum:
        return "published", ""
    unpacked = f"sha256:{hashlib.sha256(content(path)).hexdigest()}"
    if unpacked not in source.known:
        return "other", "not the published file"
    what = source.known[unpacked]
    return ("known", f"not the published file, but {what}") if what else ("published", "")


def words(dataset: Dataset, *, synthetic: bool) -> Mapping[int, str]:
    """Return the words of a data set's tokens, as far as they are known."""
    if dataset.words is None:
        return {}
    if synthetic:
        return dataset.words(None)
    for folder in _folders(dataset):
        with contextlib.suppress(OSError, ValueError):
            return dataset.words(folder)
    return {}


def download(dataset: Dataset) -> None:
    """Fetch the files that `locate` does not find, each checked, under a lock, in one rename.

    Raises `DataError` naming the file, its URL and the folder to put it in by hand.
    """
    target = _downloads(dataset)
    for source in dataset.sources:
        if _find(dataset, source):
            continue
        try:
            target.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(target / f"{source.filename}.lock"):
                _retrieve(source, target)
        except (requests.RequestException, ValueError, *DAMAGE, OSError) as error:
            raise DataError(
                f"{dataset.name}: could not fetch {source.filename} from {source.url}: {error}. "
                f"Put the file into {target} by hand."
            ) from None


def fingerprint(path: Path, algorithm: str = "sha256") -> str:
    """Return ``algorithm:hexadecimal digest`` of a file."""
    with path.open("rb") as stream:
        return f"{algorithm}:{hashlib.file_digest(stream, algorithm).hexdigest()}"


def _downloads(dataset: Dataset) -> Path:
    return cache_dir() / "downloads" / dataset.folder


def _folders(dataset: Dataset) -> list[Path]:
    """Return where the files are looked for, in that order."""
    data_dir = os.environ.get(DATA_DIR)
    keras = Path(os.environ.get(KERAS_HOME) or Path("~", ".keras").expanduser(), "datasets")
    roots = [Path(data_dir), keras] if data_dir else [keras]
    own = [root / dataset.folder for root in roots]
    return [*own[:-1], _downloads(dataset), own[-1], *roots]


def _find(dataset: Dataset, source: Source) -> Path | None:
    """Return where a file is; beside those of other data sets only if its name tells them apart."""
    name = source.filename
    names = (name, name.removesuffix(".gz") if name.endswith(".gz") else f"{name}.gz")
    for folder in _folders(dataset):
        if folder.name != dataset.folder and dataset.name not in name.lower():
            continue
        for path in (folder / name for name in names):
            if path.is_file():
                return path
    return None


def _missing(dataset: Dataset, source: Source) -> str:
    folders = [folder for folder in _folders(dataset) if folder.name == dataset.folder]
    return (
        f"{dataset.name}: {source.filename} is not in {' or '.join(map(str, folders))}; run "
        f"`python -m datasets prepare {dataset.name}` in the checkout (elsewhere `keras-bench "
        f"datasets prepare {dataset.name}`), download it by hand from {source.url} into that "
        f"folder, or name the folder that holds {dataset.folder}/{source.filename} with --data-dir "
        f"or {DATA_DIR}"
    )


def _retrieve(source: Source, folder: Path) -> None:
    if (folder / source.filename).is_file():
        return  # another process was faster
    archive = f"{source.filename}.zip" if source.member else source.filename
    keeper = pooch.create(
        path=folder,
        base_url="",
        registry={archive: source.archive_checksum if source.member else source.checksum},
        urls={archive: source.url},
        retry_if_failed=RETRIES,
    )
    got = Path(
        keeper.fetch(
            archive, downloader=pooch.HTTPDownloader(progressbar=True, timeout=CONNECT_SECONDS)
        )
    )
    if source.member:
        try:
            _unpack(got, source, folder / source.filename)
        except (ValueError, *DAMAGE):
            got.unlink()  # else it is taken again, where no checksum is known
            raise
        got.unlink()


def _unpack(archive: Path, source: Source, file: Path) -> None:
    """Write the member of an archive, checked. Raises `ValueError`, `OSError` or of `DAMAGE`."""
    with whole_path(file) as partial:
        with zipfile.ZipFile(archive) as bundle:
            if source.member not in bundle.namelist():
                raise ValueError(f"the archive holds {bundle.namelist()}, not {source.member}")
            partial.write_bytes(bundle.read(source.member))
        known = source.checksum
        if known and fingerprint(partial, _algorithm(known)) != known:
            raise ValueError(f"{source.member} in the archive is not the published file")


def _algorithm(checksum: str) -> str:
    return checksum.partition(":")[0]
