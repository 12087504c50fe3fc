"""Where the files of a data set are, and how to get them. The only network code of the project."""

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import filelock
import platformdirs
import pooch
import requests

from datasets.spec import CACHE_DIR, DATA_DIR, DataError, Dataset, MissingDataError, Source

CONNECT_SECONDS = 10
RETRIES = 2


def cache_dir() -> Path:
    """Return the folder for downloads and parsed arrays."""
    return Path(os.environ.get(CACHE_DIR) or platformdirs.user_cache_path("keras-bench"))


def locate(dataset: Dataset) -> dict[str, Path]:
    """Return the path of each file by name, from the data directory or the downloads.

    Never touches the network. Raises `MissingDataError` when a file is in neither.
    """
    folders = _folders(dataset)
    files: dict[str, Path] = {}
    for source in dataset.sources:
        paths = [folder / source.filename for folder in folders]
        path = next((path for path in paths if path.is_file()), None)
        if path is None:
            raise MissingDataError(_missing(dataset, source, folders))
        files[source.filename] = path
    return files


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
    folders = _folders(dataset)
    target = folders[-1]
    for source in dataset.sources:
        if any((folder / source.filename).is_file() for folder in folders):
            continue
        try:
            target.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(target / f"{source.filename}.lock"):
                _retrieve(source, target)
        except (requests.RequestException, ValueError, zipfile.BadZipFile, OSError) as error:
            raise DataError(
                f"{dataset.name}: could not fetch {source.filename} from {source.url}: {error}. "
                f"Put the file into {target} by hand."
            ) from None


def fingerprint(path: Path, algorithm: str = "sha256") -> str:
    """Return ``algorithm:hexadecimal digest`` of a file."""
    with path.open("rb") as stream:
        return f"{algorithm}:{hashlib.file_digest(stream, algorithm).hexdigest()}"


def _folders(dataset: Dataset) -> list[Path]:
    data_dir = os.environ.get(DATA_DIR)
    folders = [Path(data_dir) / dataset.folder] if data_dir else []
    return [*folders, cache_dir() / "downloads" / dataset.folder]


def _missing(dataset: Dataset, source: Source, folders: list[Path]) -> str:
    return (
        f"{dataset.name}: {source.filename} is not in {' or '.join(map(str, folders))}; run "
        f"`python -m datasets prepare {dataset.name}`, or put the file there by hand from "
        f"{source.url}"
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
        partial = folder / f"{source.filename}.partial"
        with zipfile.ZipFile(got) as bundle:
            if source.member not in bundle.namelist():
                raise ValueError(f"the archive holds {bundle.namelist()}, not {source.member}")
            partial.write_bytes(bundle.read(source.member))
        if source.checksum and fingerprint(partial, _algorithm(source.checksum)) != source.checksum:
            partial.unlink()
            raise ValueError(f"{source.member} in the archive is not the published file")
        partial.replace(folder / source.filename)
        got.unlink()


def _algorithm(checksum: str) -> str:
    return checksum.partition(":")[0]
