"""Who may talk to the server: who knows the token; without one, this machine's own pages."""

import hmac
import html
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, quote

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
HOST = re.compile(
    r"(?:\[(?P<six>[0-9a-f:.]{2,45})\]|(?P<name>[0-9a-z._-]{1,253}))(?::(?P<port>[0-9]{1,5}))?"
)
ORIGIN = re.compile(r"[a-z][0-9a-z+.-]*://(?P<host>.*)")
UNFRAMED = (
    (b"content-security-policy", b"frame-ancestors 'none'"),
    (b"x-frame-options", b"DENY"),
)
"""No page may show the studio inside itself and have its buttons clicked there."""

FORM = """<!doctype html><html lang="en"><title>Studio: token</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body {{ font: 16px system-ui; max-width: 30em; margin: 15vh auto; padding: 1em }}</style>
<h1>Token</h1><p>{message}</p><form action="/" method="get"><label>Token
<input name="token" type="password" autocomplete="off" autofocus required></label>
<button>Open the studio</button></form></html>"""


class MalformedError(ValueError):
    """A header that no browser sends. The message says which."""


class Guard:
    """Refuses strangers, on HTTP and on the web socket alike.

    The token, of letters, digits, dashes and underscores, comes once as ``?token=`` and then as a
    cookie, which has the port in its name: browsers send a cookie to all ports of a host. Without a
    token only names of this machine are served, so that a foreign page whose host name is made to
    point here (DNS rebinding) is refused. A web socket must come from a page of this server.
    """

    def __init__(self, application: Application, *, token: str | None, port: int) -> None:
        self._application = application
        self._token = token
        self._cookie = f"studio_token_{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self._application(scope, receive, send)
            return
        send = _unframed(send)
        try:
            host, origin = _host(scope), _origin(scope)
        except MalformedError as error:
            await _refuse(scope, send, 400, str(error))
            return
        sent = _tokens(scope)
        if self._token is None and _name(host) not in LOOPBACK:
            await _refuse(scope, send, 403, f"this server is not called {host}")
        elif origin is not None and origin != host:
            await _refuse(scope, send, 403, f"not from {origin or 'null'}")
        elif scope["type"] == "http" and self._fits(sent):
            await self._welcome(scope, send)
        elif self._token is None or self._fits(_cookies(scope, self._cookie)):
            await self._application(scope, receive, send)
        else:
            message = "This is not it." if sent else "The terminal that runs the studio shows it."
            await _refuse(scope, send, 401, FORM.format(message=message), markup=True)

    async def _welcome(self, scope: Scope, send: Send) -> None:
        """Have the token kept by the browser, and no longer shown in its address."""
        # Lax, not strict: the page that opens the browser is a file, and so another site.
        cookie = f"{self._cookie}={self._token}; HttpOnly; SameSite=Lax; Path=/"
        await _answer(send, 303, "", location=local(scope["path"]), set_cookie=cookie)

    def _fits(self, tokens: list[str]) -> bool:
        """Return whether the token is among them: others may have set a cookie of this name."""
        if self._token is None:
            return False
        return any(hmac.compare_digest(t.encode(), self._token.encode()) for t in tokens)


def install(application: Any, *, token: str | None, port: int) -> None:
    """Put the guard around a Starlette application and everything that it is given later.

    What is added as a middleware would stand behind those that the server adds when it runs.
    """
    if application.middleware_stack is not None:
        raise RuntimeError("the application is running already, without a guard")
    build = application.build_middleware_stack
    application.build_middleware_stack = lambda: Guard(build(), token=token, port=port)


def local(path: str) -> str:
    """Return a reference to a path that stays on this site, whatever the path."""
    return "/" + quote(path.lstrip("/"), errors="replace")


def _only(scope: Scope, name: str) -> str | None:
    """Return a header that comes once, in lower case, or None. Raises `MalformedError`."""
    values = [value for key, value in scope["headers"] if key == name.encode()]
    if len(values) > 1:
        raise MalformedError(f"{len(values)} headers {name}, expected one")
    return values[0].decode("latin-1").lower() if values else None


def _host(scope: Scope) -> str:
    """Return the Host header: a name or an address, and perhaps a port."""
    host = _only(scope, "host")
    if host is None or not _well_formed(host):
        raise MalformedError(f"Host is {host!r}, expected a name and a port")
    return host


def _origin(scope: Scope) -> str | None:
    """Return host and port of the page that asks; empty if it has none, None if nobody says."""
    origin = _only(scope, "origin")
    if origin is None or origin == "null":
        return origin and ""
    match = ORIGIN.fullmatch(origin)
    if match is None or not _well_formed(match["host"]):
        raise MalformedError(f"Origin is {origin!r}, expected null or scheme://host:port")
    return match["host"]


def _well_formed(host: str) -> bool:
    match = HOST.fullmatch(host)
    return match is not None and int(match["port"] or 0) < 2**16


def _name(host: str) -> str:
    """Return a well-formed host without its port and brackets."""
    match = HOST.fullmatch(host)
    return (match["six"] or match["name"]) if match else ""


def _tokens(scope: Scope) -> list[str]:
    """Return every ``?token=`` of the address."""
    return parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [])


def _cookies(scope: Scope, name: str) -> list[str]:
    """Return every cookie of a name; what other servers of this host have set may be anything."""
    text = ";".join(value.decode("latin-1") for key, value in scope["headers"] if key == b"cookie")
    pairs = [part.partition("=") for part in text.split(";")]
    return [value.strip() for key, _, value in pairs if key.strip() == name]


def _unframed(send: Send) -> Send:
    """Return what sends the same answers, forbidding every page to frame them."""

    async def wrapped(message: Scope) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            kept = [pair for pair in message.get("headers", ()) if pair[0] != UNFRAMED[1][0]]
            message = {**message, "headers": [*kept, *UNFRAMED]}
        await send(message)

    return wrapped


async def _refuse(
    scope: Scope, send: Send, status: int, text: str, *, markup: bool = False
) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        await _answer(send, status, text if markup else html.escape(text))


async def _answer(send: Send, status: int, text: str, **headers: str) -> None:
    named = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in named.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": text.encode()})
