"""Who is let in, by the guard alone: whatever the headers, an answer that no page can frame."""

import asyncio
from collections.abc import Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from studio.guard import Guard, Receive, Scope, Send, install, local

TOKEN = "aRight-1"
HERE = "127.0.0.1:8080"
ORIGIN = f"http://{HERE}"

Header = tuple[str, str | bytes]
Answer = tuple[int, list[tuple[str, str]]]


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer everything, and allow itself to be framed."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    headers = [(b"x-frame-options", b"ALLOWALL"), (b"content-security-policy", b"img-src data:")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run it in a thread: where a browser is driven, this one has a loop that runs."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, coroutine).result()


def call(asked: Any, headers: Iterable[Header], path: str, query: bytes, kind: str) -> Answer:
    """Return status and headers of an answer; of a web socket 101 or 403."""
    sent: list[Scope] = []

    async def receive() -> Scope:
        return {"type": "http.request" if kind == "http" else "websocket.connect"}

    async def send(message: Scope) -> None:
        sent.append(message)

    scope: Scope = {
        "type": kind,
        "method": "GET",
        "path": path,
        "query_string": query,
        "headers": [
            (name.encode(), value.encode("latin-1") if isinstance(value, str) else value)
            for name, value in headers
        ],
    }
    run(asked(scope, receive, send))
    if kind == "websocket":
        return {"websocket.accept": 101, "websocket.close": 403}[sent[0]["type"]], []
    pairs = [(name.decode(), value.decode()) for name, value in sent[0]["headers"]]
    return sent[0]["status"], pairs


def ask(
    *headers: Header,
    path: str = "/",
    query: bytes = b"",
    kind: str = "http",
    token: str | None = TOKEN,
    host: str | None = HERE,
) -> Answer:
    guard = Guard(application, token=token, port=8080)
    named = [("host", host), *headers] if host is not None else headers
    status, pairs = call(guard, named, path, query, kind)
    if kind == "http":  # whatever the answer
        assert [value for name, value in pairs if name == "x-frame-options"] == ["DENY"]
        assert ("content-security-policy", "frame-ancestors 'none'") in pairs
    return status, pairs


COOKIE = ("cookie", f"studio_token_8080={TOKEN}")


def test_the_token_comes_once_and_then_as_a_cookie_of_this_port() -> None:
    assert ask()[0] == 401
    assert ask(query=b"token=wrong")[0] == 401
    status, pairs = ask(query=f"token={TOKEN}".encode())
    assert status == 303
    (cookie,) = [value for name, value in pairs if name == "set-cookie"]
    assert cookie == f"studio_token_8080={TOKEN}; HttpOnly; SameSite=Lax; Path=/"
    assert ask(("cookie", cookie.partition(";")[0]))[0] == 200
    assert ask(("cookie", f"studio_token_8081={TOKEN}"))[0] == 401
    assert ask(("cookie", "studio_token_8080=wrong"))[0] == 401
    assert ask(kind="websocket")[0] == 403
    assert ask(query=f"token={TOKEN}".encode(), kind="websocket")[0] == 403
    assert ask(COOKIE, kind="websocket")[0] == 101
    # An address that is opened again shows its token no longer than the first time.
    assert ask(COOKIE, query=f"token={TOKEN}".encode())[0] == 303


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_other_pages_are_refused_with_and_without_a_token(kind: str) -> None:
    passed = 200 if kind == "http" else 101
    for token, cookie in ((TOKEN, [COOKIE]), (None, [])):
        assert ask(*cookie, ("origin", ORIGIN), token=token, kind=kind)[0] == passed
        for origin in ("https://elsewhere.example", "null", "http://127.0.0.1:8081"):
            assert ask(*cookie, ("origin", origin), token=token, kind=kind)[0] == 403
        assert ask(*cookie, ("origin", "null"), host="null", token=token, kind=kind)[0] == 403


def test_without_a_token_only_names_of_this_machine_are_served() -> None:
    for host in ("127.0.0.1", "LOCALHOST:8080", "[::1]:8080", "[::1]"):
        assert ask(host=host, token=None)[0] == 200
    for host in ("rebound.example", "localhost.example:8080", "127.0.0.2", "localhost."):
        assert ask(host=host, token=None)[0] == 403
        assert ask(COOKIE, host=host)[0] == 200


HOSTS: list[str | bytes | None] = [
    *(None, "", " ", "[::1", "::1]", "[]", "[::1]x", "a b", "a:b", "a:99999", "a:", "a,b", "u@a"),
    *("http://a", "a/b", "a?b", "a\\b", "a\0", "a\nb", b"\xff\xfe", "\u00e4", "a" * 254, "[:1%x]"),
]
ORIGINS: list[str | bytes] = [
    *("", " ", "null ", "[::1", "http://[::1", "http://", "//a", "a", "http://u@a", "http://a/b"),
    *("http://a:99999", "http://a, http://b", "http://a\0", b"http://\xff", b"\xff\xfe", "://a"),
]


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("token", [TOKEN, None])
def test_a_malformed_header_is_refused(kind: str, token: str | None) -> None:
    refused = 400 if kind == "http" else 403
    for host in HOSTS:
        headers = [] if host is None else [("host", host)]
        assert ask(*headers, COOKIE, kind=kind, token=token, host=None)[0] == refused, host
    for origin in ORIGINS:
        assert ask(("origin", origin), COOKIE, kind=kind, token=token)[0] == refused, origin
    assert ask(("host", HERE), COOKIE, kind=kind, token=token)[0] == refused
    twice = ("origin", ORIGIN), ("origin", ORIGIN)
    assert ask(*twice, COOKIE, kind=kind, token=token)[0] == refused


@pytest.mark.parametrize(
    "cookie",
    [
        *("", ";;;", "=", "studio_token_8080", "studio_token_8080=", "a=\0", "a[b]=c"),
        *(b"\xff=\xfe", b'"', "a=b" * 3000),
    ],
)
def test_whatever_other_servers_have_set_locks_nobody_out_and_lets_nobody_in(
    cookie: str | bytes,
) -> None:
    assert ask(("cookie", cookie))[0] == 401
    assert ask(("cookie", cookie), COOKIE)[0] == 200
    assert ask(("cookie", "studio_token_8080=tossed"), ("cookie", cookie), COOKIE)[0] == 200
    assert ask(("cookie", f"studio_token_8080=tossed; {COOKIE[1]}; a=b"))[0] == 200


@pytest.mark.parametrize(
    "query",
    [
        *(b"token", b"token=", b"token=%", b"token=%ff%fe", b"token=\xff", b"&&&", b";=;", b"\xff"),
        *(b"token[]=a", b"token=a&token=b", b"token=%00", b"token=%ed%a0%80", b"=" * 5000),
    ],
)
def test_whatever_the_query_it_is_only_not_the_token(query: bytes) -> None:
    assert ask(query=query)[0] == 401
    assert ask(COOKIE, query=query)[0] == 200
    assert ask(query=query + f"&token={TOKEN}".encode())[0] == 303


PATHS = (
    *("/", "", "/report", "/report/", "//evil.example/", "///evil.example", "/\\evil.example"),
    *("\\\\evil.example", "\\/evil.example", "/\t/evil.example", "/\r\nLocation: //evil.example"),
    *("http://evil.example/", "javascript:alert(1)", "/%2F/evil.example", "/%5Cevil.example", "*"),
    *("/.//evil.example", "/..//evil.example", "/@evil.example", "/\0//evil.example", "/\ud800"),
    *("/a?b=//evil.example", "/#//evil.example", "/ü", "/;//evil.example", "/\x85/evil.example"),
)


@pytest.mark.parametrize("path", PATHS)
def test_it_leads_to_a_path_of_this_site_only(path: str) -> None:
    status, pairs = ask(path=path, query=f"token={TOKEN}".encode())
    assert status == 303
    (place,) = [value for name, value in pairs if name == "location"]
    assert place == local(path)
    assert place.startswith("/")
    assert place.isascii()
    assert place.isprintable()
    assert not {"\\", "?", "#", " "} & set(place)
    assert urlsplit(urljoin(f"{ORIGIN}/a", place))[:2] == ("http", HERE)
    assert not place.startswith("//")
    assert local("/report") == "/report"


def test_nothing_of_the_application_is_before_the_guard() -> None:
    """Neither what it is given later, nor its answer to an error of its own."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    asked: list[str] = []

    async def fail(request: Request) -> Response:
        raise LookupError("of the page")

    class Curious:
        """Looks at the whole address, as NiceGUI's do."""

        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            asked.append(str(Request(scope).url.path))
            await self.app(scope, receive, send)

    starlette = Starlette()
    install(starlette, token=None, port=8080)
    starlette.add_middleware(Curious)
    starlette.add_route("/fail", fail)
    assert call(starlette, [("host", "[::1")], "/", b"", "http")[0] == 400
    assert asked == []
    status, pairs = call(starlette, [("host", HERE)], "/none", b"", "http")
    assert (status, asked) == (404, ["/none"])
    assert ("x-frame-options", "DENY") in pairs
    sent: list[Scope] = []

    async def send(message: Scope) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/fail", "query_string": b""}
    scope |= {"headers": [(b"host", HERE.encode())]}
    with pytest.raises(LookupError):
        run(starlette(scope, None, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 500
    assert (b"x-frame-options", b"DENY") in sent[0]["headers"]
    with pytest.raises(RuntimeError, match="running already"):
        install(starlette, token=None, port=8080)
