"""How it starts: whom the server lets in, what it prints and opens, bad usage."""

import contextlib
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

import pytest

from studio.__main__ import _exposed, _parser, _port_problem
from studio.address import address, write_page
from tests.studio.conftest import ROOT, Server

Serve = Callable[..., Server]


def ask(server: Server, path: str = "/", **headers: str) -> tuple[int, str, dict[str, str]]:
    with contextlib.closing(HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers=named)
        with connection.getresponse() as answer:
            found = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, answer.read().decode(), found


def status(server: Server, *lines: bytes, target: bytes = b"/") -> int:
    """Return the status of a request whose bytes are sent as they are."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(b"\r\n".join([b"GET " + target + b" HTTP/1.1", *lines, b"", b""]))
        return int(connection.recv(65536).split(maxsplit=2)[1])


UPGRADE = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec_websocket_version": "13",
    "sec_websocket_key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


def test_without_a_token_names_of_this_machine_and_its_own_pages_are_served(serve: Serve) -> None:
    server = serve("--no-token")
    assert "token" not in server.url
    here = f"Host: localhost:{server.port}".encode()
    assert ask(server)[0] == 200
    assert ask(server, host=f"localhost:{server.port}")[0] == 200
    assert ask(server, host="rebound.example")[0] == 403
    polling = "/_nicegui_ws/socket.io/?EIO=4&transport=polling"
    assert ask(server, polling, origin="https://elsewhere.example")[0] == 403
    assert ask(server, polling, origin="null")[0] == 403
    websocket = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    assert ask(server, websocket, origin="https://elsewhere.example", **UPGRADE)[0] == 403
    for path in ("/", "/report", "/none", polling, "/favicon.ico"):
        headers = ask(server, path)[2]
        assert headers["x-frame-options"] == "DENY", path
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
    for line in (b"Host: [::1", b"Host: \xff", b"Host:", b"Host: a\0b", b"No: host"):
        assert 400 <= status(server, line) < 500, line
        upgrade = [f"{k.replace('_', '-')}: {v}".encode() for k, v in UPGRADE.items()]
        assert 400 <= status(server, line, *upgrade, target=websocket.encode()) < 500, line
    for line in (here, b"Origin: http://[::1", b"Origin: \xff", b"Origin:"):
        assert 400 <= status(server, here, line) < 500, line
    for line in (b"Cookie: \xff=\0", b"Cookie: ;;==;", b"X: \xff"):
        assert status(server, here, line) < 500, line
    for target in (b"/?\xff", b"/?token=%ff", b"/\xff", b"/%ff", b"//[", b"/?client_id=%00", b"*"):
        assert status(server, here, target=target) < 500, target
    assert "Traceback" not in server.printed()


def test_other_interfaces_are_refused_unless_told_and_then_ask_for_a_token(serve: Serve) -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "studio", "--host", "0.0.0.0"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    assert refused.returncode == 2
    assert "--share" in refused.stderr
    server = serve("--host", "0.0.0.0", "--share")
    printed = re.search(r"\?token=(\S+)", server.url)
    assert printed
    assert ask(server)[0] == 401
    assert ask(server, "/report")[0] == 401
    assert ask(server, "/_nicegui_ws/socket.io/?EIO=4&transport=polling")[0] == 401
    assert ask(server, "/?token=guess")[0] == 401
    assert ask(server, cookie=f"studio_token_{server.port}=guess")[0] == 401
    status, _, headers = ask(server, f"//evil.example/?token={printed[1]}")
    assert (status, headers["location"]) == (303, "/evil.example/")
    cookie = headers["set-cookie"].partition(";")[0]
    assert ask(server, cookie=cookie)[0] == 200


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--data-dir", "nowhere"), "nowhere is not a folder"),
        (("--port", "99999"), "--port 99999"),
        (("--results-dir", "/proc/nowhere"), "--results-dir /proc/nowhere"),
    ],
)
def test_bad_usage_is_one_line(options: tuple[str, ...], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "studio", "--no-browser", *options],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_every_start_has_a_token_of_its_own_and_a_port_that_is_taken_is_said(serve: Serve) -> None:
    server = serve()
    token = server.url.partition("/?token=")[2]
    assert len(token) >= 32
    assert ask(server)[0] == 401
    assert ask(server, f"/?token={token}")[0] == 303
    done = subprocess.run(
        [sys.executable, "-m", "studio", "--no-browser", "--port", str(server.port)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    assert done.returncode == 2
    assert "in use" in done.stderr


def test_the_token_can_be_left_out_on_this_machine_alone() -> None:
    def problem(*options: str) -> str | None:
        return _exposed(_parser().parse_args(options))

    assert _parser().parse_args([]).token is True
    for host in ("127.0.0.1", "::1", "localhost"):
        assert problem("--host", host) is None
        assert problem("--host", host, "--no-token") is None
    assert "--share" in (problem("--host", "0.0.0.0") or "")
    assert problem("--host", "0.0.0.0", "--share") is None
    assert "--no-token" in (problem("--host", "0.0.0.0", "--share", "--no-token") or "")


@pytest.mark.parametrize("port", [-1, 0, 65536, 10**30])
def test_what_is_no_port_is_said(port: int) -> None:
    assert _port_problem("127.0.0.1", port)


def test_the_address_is_that_of_a_browser() -> None:
    assert address("127.0.0.1", 8080, None) == "http://127.0.0.1:8080/"
    assert address("::1", 80, "t-1") == "http://[::1]:80/?token=t-1"


def test_the_page_that_opens_a_browser_is_for_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "studio" / "open.html"
    path.parent.mkdir()
    path.write_text("an old one")
    path.chmod(0o644)
    write_page(path, 'http://127.0.0.1/?token=a&b"<')
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    assert text.count("http://127.0.0.1/?token=a&amp;b&quot;&lt;") == 2
    elsewhere = tmp_path / "elsewhere"
    path.unlink()
    path.symlink_to(elsewhere)  # as another user might, where the folder is shared
    write_page(path, "http://127.0.0.1/?token=secret")
    assert not elsewhere.exists()
