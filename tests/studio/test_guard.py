"""Who is let in."""

import contextlib
import re
import subprocess
import sys
from collections.abc import Callable
from http.client import HTTPConnection

import pytest

from tests.studio.conftest import ROOT, Server

Serve = Callable[..., Server]


def ask(server: Server, path: str = "/", **headers: str) -> tuple[int, str, dict[str, str]]:
    with contextlib.closing(HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers=named)
        with connection.getresponse() as answer:
            found = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, answer.read().decode(), found


def test_only_names_of_this_machine_and_its_own_pages_are_served(serve: Serve) -> None:
    server = serve()
    assert ask(server)[0] == 200
    assert ask(server, host=f"localhost:{server.port}")[0] == 200
    assert ask(server, host="rebound.example")[0] == 403
    socket = "/_nicegui_ws/socket.io/?EIO=4&transport=polling"
    assert ask(server, socket, origin="https://elsewhere.example")[0] == 403
    assert ask(server, socket, origin="null")[0] == 403
    upgrade = {"connection": "Upgrade", "upgrade": "websocket", "sec_websocket_version": "13"}
    upgrade["sec_websocket_key"] = "AAAAAAAAAAAAAAAAAAAAAA=="
    websocket = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    assert ask(server, websocket, origin="https://elsewhere.example", **upgrade)[0] == 403


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
    printed = re.search(r"\?token=(\S+)", server.printed())
    assert printed
    assert ask(server)[0] == 401
    assert ask(server, "/report")[0] == 401
    assert ask(server, "/_nicegui_ws/socket.io/?EIO=4&transport=polling")[0] == 401
    assert ask(server, "/?token=guess")[0] == 401
    assert ask(server, cookie="studio_token=guess")[0] == 401
    status, _, headers = ask(server, f"/?token={printed[1]}")
    assert status == 303
    assert "HttpOnly" in headers["set-cookie"]
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


def test_a_port_that_is_taken_is_said(serve: Serve) -> None:
    server = serve()
    done = subprocess.run(
        [sys.executable, "-m", "studio", "--no-browser", "--port", str(server.port)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    assert done.returncode == 2
    assert "in use" in done.stderr
