"""The address of the studio: printed, and opened in a browser behind the backs of other users."""

import html
import os
import socket
import threading
import time
import webbrowser
from pathlib import Path

SECONDS = 0.1
"""Between two looks whether the server answers."""
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Studio</title>
<meta http-equiv="refresh" content="0;url={url}"><p><a href="{url}">Open the studio</a></p></html>
"""


def address(host: str, port: int, token: str | None) -> str:
    """Return what a browser is to open."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/{f'?token={token}' if token else ''}"


def write_page(path: Path, url: str) -> None:
    """Write a page that leads to an address and that nobody else can read. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(PAGE.format(url=html.escape(url)))


def open_browser(page: Path, host: str, port: int) -> None:
    """Open the page in a browser once the server answers, and do not wait for it.

    The page, not its address: every user of the machine can read the command line of a browser.
    """
    threading.Thread(target=_open, args=(page.resolve().as_uri(), host, port), daemon=True).start()


def _open(url: str, host: str, port: int) -> None:
    while True:
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            time.sleep(SECONDS)
        else:
            webbrowser.open(url)
            return
