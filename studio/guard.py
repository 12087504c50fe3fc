"""Who may talk to the server: this machine's own pages, and elsewhere who knows the token."""

import hmac
import html
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
COOKIE = "studio_token"

FORM = """<!doctype html><html lang="en"><title>Studio: token</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body {{ font: 16px system-ui; max-width: 30em; margin: 15vh auto; padding: 1em }}</style>
<h1>Token</h1><p>{message}</p><form action="/" method="get"><label>Token
<input name="token" type="password" autocomplete="off" autofocus required></label>
<button>Open the studio</button></form></html>"""


class Guard:
    """Refuses strangers, on HTTP and on the web socket alike.

    Without a token only names of this machine are served, so that a foreign page whose host name
    is made to point here (DNS rebinding) is refused. With one, it comes once as ``?token=`` and
    then as a cookie. A web socket must come from a page of this server.
    """

    def __init__(self, application: Application, *, token: str | None) -> None:
        self._application = application
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self._application(scope, receive, send)
            return
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        host, origin = headers.get("host", ""), headers.get("origin")
        if self._token is None and _name(host) not in LOOPBACK:
            await _refuse(scope, send, 403, f"this server is not called {host}")
        elif origin and urlsplit(origin).netloc != host:
            await _refuse(scope, send, 403, f"not from {origin}")
        elif self._token is None or self._fits(_cookie(headers.get("cookie", ""))):
            await self._application(scope, receive, send)
        else:
            await self._ask(scope, send)

    async def _ask(self, scope: Scope, send: Send) -> None:
        sent = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
        if scope["type"] == "http" and self._fits(sent):
            cookie = f"{COOKIE}={quote(sent)}; HttpOnly; SameSite=Strict; Path=/"
            await _answer(send, 303, "", location=scope["path"], set_cookie=cookie)
            return
        message = "This is not it." if sent else "The terminal that runs the studio shows it."
        await _refuse(scope, send, 401, FORM.format(message=message), markup=True)

    def _fits(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), (self._token or "").encode())


def _name(host: str) -> str:
    """Return a Host header without its port and brackets."""
    return (urlsplit(f"//{host}").hostname or "") if host else ""


def _cookie(header: str) -> str:
    try:
        morsel = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


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
