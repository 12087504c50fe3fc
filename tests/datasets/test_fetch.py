"""Finding and downloading, against a real server on loopback."""

import dataclasses
import functools
import gzip
import hashlib
import io
import os
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from datasets import fetch
from datasets.registry import BY_NAME
from datasets.spec import DataError, Dataset, MissingDataError, Source

CONTENT = b"labels" * 5000


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENT; ``/busy`` fails at first, ``/cut`` stops half-way, ``/zip`` is an archive."""

    requests: list[str]
    failures: int

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        server.requests.append(self.path)
        if self.path == "/busy" and server.failures:
            server.failures -= 1
            self.send_error(503)
            return
        content = archive() if self.path == "/zip" else CONTENT
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2])
        self.wfile.flush()
        if self.path == "/slow":
            time.sleep(0.5)
        if self.path != "/cut":
            self.wfile.write(content[len(content) // 2 :])

    def log_message(self, *arguments: object) -> None:
        """Stay quiet."""


class Server(ThreadingHTTPServer):
    """Remembers what was asked for."""

    requests: list[str]
    failures: int

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


@functools.cache
def archive() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("MiniBooNE_PID.txt", CONTENT)
    return stream.getvalue()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), Handler)
    server.requests, server.failures = [], 1
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(fetch, "RETRIES", 1)


def dataset(url: str, *, checksum: str | None = None, member: str | None = None) -> Dataset:
    source = Source(filename="file.bin", url=url, checksum=checksum, size_bytes=1, member=member)
    return dataclasses.replace(BY_NAME["imdb"], sources=(source,))


def downloaded(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "downloads" / "imdb" / "file.bin"


def test_the_data_directory_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    monkeypatch.setenv("BENCH_DATA_DIR", str(tmp_path / "mine"))
    for folder in (tmp_path / "mine" / "imdb", tmp_path / "cache" / "downloads" / "imdb"):
        folder.mkdir(parents=True)
        (folder / "file.bin").write_bytes(b"x")
    found = fetch.locate(dataset(server.url))
    assert found == {"file.bin": tmp_path / "mine" / "imdb" / "file.bin"}
    fetch.download(dataset(server.url))
    assert not server.requests


def test_a_missing_file_is_named_with_folder_command_and_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_DATA_DIR", str(tmp_path))
    with pytest.raises(MissingDataError) as caught:
        fetch.locate(BY_NAME["miniboone"])
    message = str(caught.value)
    assert "MiniBooNE_PID.txt" in message
    assert str(tmp_path / "miniboone") in message
    assert "python -m datasets prepare miniboone" in message
    assert "https://archive.ics.uci.edu" in message


@pytest.mark.parametrize("place", ["keras/datasets/imdb", "keras/datasets", "mine"])
@pytest.mark.parametrize("name", ["imdb.npz", "imdb.npz.gz"])
def test_what_people_have_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, name: str
) -> None:
    monkeypatch.setenv("BENCH_DATA_DIR", str(tmp_path / "mine"))
    path = tmp_path / place / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")
    assert fetch.locate(BY_NAME["imdb"]) == {"imdb.npz": path}
    assert not fetch._downloads(BY_NAME["imdb"]).exists()


def test_names_that_other_data_sets_have_are_not_looked_for_beside_them(tmp_path: Path) -> None:
    # MNIST's four files are called like those of Fashion-MNIST.
    cache = tmp_path / "keras" / "datasets"
    cache.mkdir(parents=True)
    for source in BY_NAME["fashion_mnist"].sources:
        (cache / source.filename).write_bytes(b"digits")
    with pytest.raises(MissingDataError):
        fetch.locate(BY_NAME["fashion_mnist"])
    (cache / "fashion-mnist").mkdir()
    for source in BY_NAME["fashion_mnist"].sources:
        (cache / source.filename).rename(cache / "fashion-mnist" / source.filename)
    assert len(fetch.locate(BY_NAME["fashion_mnist"])) == 4


def test_files_are_told_from_the_published_ones(tmp_path: Path) -> None:
    content = b"reviews"
    hashed = f"sha256:{hashlib.sha256(content).hexdigest()}"
    (source,) = dataset("").sources
    file = tmp_path / "file.bin"
    packed = gzip.compress(content)
    for stored, checksum, known, origin in (
        (content, hashed, {}, "published"),
        (packed, hashed, {hashed: ""}, "published"),  # in another form
        (packed, hashed, {hashed: "the same, tokenised anew"}, "known"),
        (content, "md5:00", {}, "other"),
        (content, None, {}, "structure"),
    ):
        file.write_bytes(stored)
        of = dataclasses.replace(source, checksum=checksum, known=known)
        found, remark = fetch.origin(
            dataclasses.replace(BY_NAME["imdb"], sources=(of,)), {"file.bin": file}
        )
        assert found == origin
        assert bool(remark) == (origin in ("known", "other"))


def test_download_with_checksum(tmp_path: Path, server: Server) -> None:
    checksum = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
    fetch.download(dataset(f"{server.url}/plain", checksum=checksum))
    assert downloaded(tmp_path).read_bytes() == CONTENT
    fetch.download(dataset(f"{server.url}/plain", checksum=checksum))
    assert server.requests == ["/plain"]


def test_download_tries_again(tmp_path: Path, server: Server) -> None:
    fetch.download(dataset(f"{server.url}/busy"))
    assert downloaded(tmp_path).read_bytes() == CONTENT
    assert server.requests == ["/busy", "/busy"]


def test_an_archive_and_its_member_have_checksums_of_their_own(
    tmp_path: Path, server: Server
) -> None:
    """The member's hash failed the download, the archive's failed `verify`."""
    wanted = dataset(f"{server.url}/zip", member="MiniBooNE_PID.txt")
    (source,) = wanted.sources
    member = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
    bundle = f"sha256:{hashlib.sha256(archive()).hexdigest()}"
    published = dataclasses.replace(source, checksum=member, archive_checksum=bundle)
    fetch.download(dataclasses.replace(wanted, sources=(published,)))
    assert downloaded(tmp_path).read_bytes() == CONTENT
    assert fetch.origin(
        dataclasses.replace(wanted, sources=(published,)), {"file.bin": downloaded(tmp_path)}
    ) == ("published", "")
    downloaded(tmp_path).unlink()
    for other in (
        dataclasses.replace(published, checksum=bundle),
        dataclasses.replace(published, archive_checksum=member),
    ):
        with pytest.raises(DataError):
            fetch.download(dataclasses.replace(wanted, sources=(other,)))
        assert not downloaded(tmp_path).exists()


def test_an_archive_leaves_its_member_and_a_damaged_one_is_fetched_anew(
    tmp_path: Path, server: Server
) -> None:
    wanted = dataset(f"{server.url}/zip", member="MiniBooNE_PID.txt")
    fetch.download(wanted)
    whole, folder = archive(), downloaded(tmp_path).parent
    turned = whole[:48] + bytes([whole[48] ^ 0xFF]) + whole[49:]
    for content in (b"<html>unavailable</html>", turned, whole[:-30]):
        assert downloaded(tmp_path).read_bytes() == CONTENT
        assert {path.suffix for path in folder.iterdir()} <= {".bin", ".lock"}
        downloaded(tmp_path).unlink()
        (folder / "file.bin.zip").write_bytes(content)
        with pytest.raises(DataError):
            fetch.download(wanted)
        fetch.download(wanted)


@pytest.mark.parametrize(
    ("path", "checksum", "member"),
    [
        ("/cut", None, None),
        ("/plain", "sha256:" + "0" * 64, None),
        ("/zip", None, "other.txt"),
        ("/plain", None, "MiniBooNE_PID.txt"),
    ],
    ids=["cut off", "wrong checksum", "wrong archive", "no archive"],
)
def test_a_bad_download_leaves_nothing_and_says_what_to_do(
    tmp_path: Path, server: Server, path: str, checksum: str | None, member: str | None
) -> None:
    wanted = dataset(f"{server.url}{path}", checksum=checksum, member=member)
    with pytest.raises(DataError) as caught:
        fetch.download(wanted)
    message = str(caught.value)
    assert "file.bin" in message
    assert server.url in message
    assert str(downloaded(tmp_path).parent) in message
    assert not downloaded(tmp_path).exists()
    assert not list(downloaded(tmp_path).parent.glob("*.partial"))


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(DataError, match="by hand"):
        fetch.download(dataset("http://127.0.0.1:9/nothing"))
    assert time.monotonic() - started < 10


@pytest.mark.network
@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_the_public_distributions(tmp_path: Path, name: str) -> None:
    fetch.download(BY_NAME[name])
    assert BY_NAME[name].read(fetch.locate(BY_NAME[name]))


def test_two_processes_download_once(tmp_path: Path, server: Server) -> None:
    code = (
        "from tests.datasets.test_fetch import dataset, fetch; "
        f"fetch.download(dataset('{server.url}/slow'))"
    )
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    processes = [subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(2)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    assert downloaded(tmp_path).read_bytes() == CONTENT
    assert server.requests == ["/slow"]
