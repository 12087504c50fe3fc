"""What ``--cluster`` may be: anything else is one line."""

import os
from pathlib import Path

import pytest

from bench.executors.dask import address
from bench.executors.dask.address import AddressError
from bench.machine import usable_cores

GOOD = ("tcp://127.0.0.1:8786", "tls://head:8786", "tcp://[::1]:1", "ws://a.b:65535", "tcp://a:1/")


@pytest.mark.parametrize("text", GOOD)
def test_an_address_is_taken_as_it_is(text: str, tmp_path: Path) -> None:
    assert address.workers(text) is None
    assert address.read(text) == text
    file = tmp_path / "scheduler.json"
    file.write_text(f'{{"type": "Scheduler", "address": "{text}"}}')
    assert address.workers(str(file)) is None
    assert address.read(str(file)) == text


def test_so_many_workers_as_there_are_cores() -> None:
    most = len(usable_cores())
    assert [address.workers(f"local:{n}") for n in (1, most, f"0{most}")] == [1, most, most]


BAD = (
    *("local:", "local:x", "local:-1", "local:0", "local:1.5", "local:99999", "local: 1"),
    *("local:+1", "local:1_0", "local:\u0661", "local:" + "9" * 5000, "local:1,2", "local://1"),
    *("", " ", "foo", "local", "LOCAL:1", "tcp://", "tcp://:8786", "tcp://a", "tcp://a:", "a:8786"),
    *("tcp://a:0", "tcp://a:65536", "tcp://a:x", "tcp://a:1:2", "tcp://[::1", "tcp://[::1]", "://"),
    *(
        "http://x",
        "http://x:80",
        "inproc://1/2/3",
        "file:///a",
        "tcp://u@a:1",
        "TCP://a:1",
        "local:1 ",
    ),
    *("tcp://a:1/b", "tcp://a:1?b", "tcp://a b:1", "tcp://a\n:1", "\0", "x" * 5000),
    *("tcp://a:1\n", "tcp://\x1b[31ma:1", "/", ".", "/dev/null", "/dev/zero", "~", "tcp:/a:1"),
)


@pytest.mark.parametrize("text", BAD, ids=lambda text: repr(text)[1:30])
def test_what_is_none_is_one_line(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        address.workers(text)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200
    assert address.shown(text).isprintable()
    assert 0 < len(address.shown(text)) <= 200


CONTENTS = (
    *(b"", b" ", b"{}", b"[]", b"null", b"1", b'""', b'"tcp://a:1"', b"{", b'{"address"', b"\xff"),
    *(b'{"address": null}', b'{"address": 1}', b'{"address": ["tcp://a:1"]}', b'{"address": ""}'),
    *(b'{"address": "foo"}', b'{"address": "tcp://"}', b'{"address": "http://a:1"}', b"\0" * 99),
    *(b'{"address": "\xff"}', b'{"Address": "tcp://a:1"}', b"[" * 100_000, b" " * 2**21),
    *(b'{"address": "tcp://a:1"} {}', b'{"address": "a\\u001b[31m"}', b"address: tcp://a:1"),
)


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: repr(content)[2:30])
@pytest.mark.parametrize("name", ["scheduler.json", "scheduler"])
def test_a_file_that_is_no_scheduler_s(
    content: bytes, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address, "REST_SECONDS", 0)
    file = tmp_path / name
    file.write_bytes(content)
    for read in (address.workers, address.read):
        with pytest.raises(AddressError, match="no scheduler's file: ") as caught:
            read(str(file))
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 200


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    for name in ("pipe.json", "folder.json"):
        with pytest.raises(AddressError, match="a folder or a device"):
            address.workers(str(tmp_path / name))


def test_a_scheduler_may_take_a_while_to_write_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "scheduler.json"
    assert address.workers(str(file)) is None
    written = iter(["", '{"addr', '{"address": "tcp://a:1"}'])
    monkeypatch.setattr("time.sleep", lambda _: file.write_text(next(written)))
    assert address.read(str(file)) == "tcp://a:1"
    monkeypatch.setattr(address, "FILE_SECONDS", 0)
    with pytest.raises(AddressError, match="no such file"):
        address.read(str(tmp_path / "never.json"))
