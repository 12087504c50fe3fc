"""``python -m studio``: choose, train, test and compare the networks in a browser."""

import argparse
import contextlib
import logging
import secrets
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bench.own.spec import GENERATED
from bench.selection import PlanError
from bench.session import use_data_dir
from datasets import fetch
from datasets.registry import DATASETS
from datasets.spec import DataError
from reports.schema.text import names
from studio import guard
from studio.address import address, open_browser, write_page

if TYPE_CHECKING:
    from studio.choice import Choice

GRACE_SECONDS = 3
"""For open pages to close their connections at the end."""


def main(arguments: list[str] | None = None) -> int:
    """Serve until Ctrl-C; return the exit status, 2 for bad usage."""
    options = _parser().parse_args(arguments)
    try:
        from nicegui import app
    except ModuleNotFoundError as error:
        return _refuse(f"{error}; python -m pip install '.[studio,jax]' installs what it needs")
    from bench.writable import require_folder
    from studio.app import serve
    from studio.workspace import Workspace

    local = options.host in guard.LOOPBACK
    if problem := _exposed(options):
        return _refuse(problem)
    token = secrets.token_urlsafe(24) if options.token else None
    try:
        use_data_dir(options.data_dir)
        choice = _choice(options)
        require_folder("--results-dir", Path(options.results_dir))
        workspace = Workspace(Path(options.results_dir).resolve(), choice)
    except (PlanError, NotADirectoryError) as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(
            f"cannot create a temporary folder: {error.strerror or error}; "
            "set TMPDIR to one that can be written"
        )
    if problem := _port_problem(options.host, options.port):
        workspace.close()
        return _refuse(f"--port {options.port}: {problem}")
    serve(workspace)
    guard.install(app, token=token, port=options.port)
    app.on_shutdown(workspace.close)
    url = address(options.host, options.port, token)
    print(f"studio: {url}  (Ctrl-C ends it)", flush=True)
    with _opened(workspace.start_page, url, options if options.browser and local else None):
        _run(options.host, options.port)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends already
    workspace.close()  # again: a second Ctrl-C leaves the server no time for it
    print("studio: ended; what was not finished goes on next time from its last whole epoch")
    return 0


def _choice(options: argparse.Namespace) -> "Choice":
    """Return what is chosen at first: the user's own, or the first data whose files are here.

    Raises `PlanError`.
    """
    from bench.own.planning import is_data, is_network
    from studio.choice import Choice, UserFiles

    user = UserFiles(
        networks=options.networks,
        data=options.data or GENERATED,
        recipe=options.recipe,
        custom_objects=options.custom_objects,
    )
    if options.networks:
        own_data = bool(options.data) and is_data(options.data)
        if not own_data and not all(map(is_network, options.networks)):
            raise PlanError("--networks of the suite are for --data of your own; others are listed")
        return Choice.usual(user.data, synthetic=False, user=user)
    if options.data:
        raise PlanError(
            "--data: name the networks to train on it: --networks file.py:build, or some of the "
            "suite's, such as tabular_mlp"
        )
    for dataset in DATASETS:
        try:
            fetch.locate(dataset)
        except DataError:
            continue
        return Choice.usual(dataset.name, synthetic=False)
    return Choice.usual(DATASETS[0].name, synthetic=True)


@contextlib.contextmanager
def _opened(page: Path, url: str, options: argparse.Namespace | None) -> Iterator[None]:
    """Open a browser, if there are options for it; leave nothing of it behind."""
    if options is None:
        yield
        return
    try:
        write_page(page, url)
    except OSError as error:
        print(f"studio: opened no browser: {page}: {error.strerror}", flush=True)
    else:
        open_browser(page, options.host, options.port)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            page.unlink()


def _run(host: str, port: int) -> None:
    """Serve the pages until Ctrl-C."""
    from nicegui import ui

    from studio import web_socket

    web_socket.install()
    # A second Ctrl-C while it ends is no error, of which the server would print the stack.
    logging.getLogger("uvicorn.error").addFilter(
        lambda e: not any(name in str(e.msg) for name in ("KeyboardInterrupt", "CancelledError"))
    )
    with contextlib.suppress(KeyboardInterrupt):  # the server ends first, and then says so
        ui.run(
            host=host,
            port=port,
            show=False,
            reload=False,
            show_welcome_message=False,
            title="Keras bench: studio",
            language="en-GB",
            favicon="🧮",
            timeout_graceful_shutdown=GRACE_SECONDS,
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m studio", description=__doc__)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--host", default="127.0.0.1", help="interface to serve on")
    parser.add_argument(
        "--share", action="store_true", help="allow other interfaces: others with the token get in"
    )
    parser.add_argument(
        "--no-token",
        dest="token",
        action="store_false",
        help="let every user and program of this machine in, without a token",
    )
    parser.add_argument(
        "--networks",
        type=names,
        default=(),
        metavar="A,B",
        help="your own, file.py:build, or of the suite on your --data",
    )
    parser.add_argument("--data", metavar="DATA", help="their data, file.py:load (generated)")
    parser.add_argument("--recipe", metavar="FILE", help="TOML file: how they are trained")
    parser.add_argument("--custom-objects", metavar="FILE", help="classes of a .keras file")
    parser.add_argument("--data-dir", metavar="DIR", help="look here first for data files")
    parser.add_argument(
        "--results-dir", metavar="DIR", default="results/records", help="for records and weights"
    )
    parser.add_argument(
        "--no-browser", dest="browser", action="store_false", help="do not open a browser"
    )
    return parser


def _exposed(options: argparse.Namespace) -> str | None:
    """Return why other machines must not be let in like this."""
    if options.host in guard.LOOPBACK:
        return None
    if not options.share:
        return (
            f"--host {options.host} lets other machines in; add --share if that is meant: the "
            "page then asks them for the token"
        )
    return None if options.token else f"--no-token is for this machine alone, not {options.host}"


def _port_problem(host: str, port: int) -> str | None:
    """Return why nothing can be served there."""
    if port == 0:
        return "name one from 1 to 65535, so that the browser can be sent there"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError, UnicodeError) as error:
            return getattr(error, "strerror", None) or str(error)
    return None


def _refuse(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
