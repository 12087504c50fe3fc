"""``python -m studio``: choose, train, test and compare the networks in a browser."""

import argparse
import contextlib
import logging
import secrets
import socket
import sys
from pathlib import Path

from bench.plan import PlanError
from bench.session import use_data_dir
from datasets import fetch
from datasets.registry import DATASETS
from datasets.spec import DataError
from studio.guard import LOOPBACK, Guard


def main(arguments: list[str] | None = None) -> int:
    """Serve until Ctrl-C; return the exit status, 2 for bad usage."""
    options = _parser().parse_args(arguments)
    try:
        from nicegui import app
    except ModuleNotFoundError as error:
        return _refuse(f"{error}; python -m pip install '.[studio,jax]' installs what it needs")
    from studio.app import serve
    from studio.choice import Choice
    from studio.workspace import Workspace

    local = options.host in LOOPBACK
    if not local and not options.share:
        return _refuse(
            f"--host {options.host} lets other machines in; add --share if that is meant, and the "
            "page asks for a token"
        )
    token = None if local else secrets.token_urlsafe(24)
    try:
        use_data_dir(options.data_dir)
        choice = Choice.usual(DATASETS[0].name, synthetic=True)
        for dataset in DATASETS:  # the first whose real files are here, if any are
            try:
                fetch.locate(dataset)
            except DataError:
                continue
            choice = Choice.usual(dataset.name, synthetic=False)
            break
        workspace = Workspace(Path(options.results_dir).resolve(), choice)
        workspace.store.check()
    except (PlanError, NotADirectoryError) as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"--results-dir {options.results_dir}: {error.strerror}")
    if problem := _port_problem(options.host, options.port):
        workspace.close()
        return _refuse(f"--port {options.port}: {problem}")
    serve(workspace)
    app.add_middleware(Guard, token=token)
    app.on_shutdown(workspace.close)
    name = options.host if ":" not in options.host else f"[{options.host}]"
    query = f"/?token={token}" if token else ""
    print(f"studio: http://{name}:{options.port}{query}  (Ctrl-C ends it)", flush=True)
    _run(options.host, options.port, browser=options.browser and local)
    workspace.close()  # again: a second Ctrl-C leaves the server no time for it
    print("studio: ended; what was not finished goes on next time from its last whole epoch")
    return 0


def _run(host: str, port: int, *, browser: bool) -> None:
    """Serve the pages until Ctrl-C."""
    from nicegui import ui

    # A second Ctrl-C while it ends is no error, of which the server would print the stack.
    logging.getLogger("uvicorn.error").addFilter(lambda e: "KeyboardInterrupt" not in str(e.msg))
    with contextlib.suppress(KeyboardInterrupt):  # the server ends first, and then says so
        ui.run(
            host=host,
            port=port,
            show=browser,
            reload=False,
            show_welcome_message=False,
            title="Keras bench: studio",
            language="en-GB",
            favicon="🧮",
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m studio", description=__doc__)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--host", default="127.0.0.1", help="interface to serve on")
    parser.add_argument(
        "--share", action="store_true", help="allow other interfaces; the page asks for a token"
    )
    parser.add_argument("--data-dir", metavar="DIR", help="look here first for data files")
    parser.add_argument(
        "--results-dir", metavar="DIR", default="results/records", help="for records and weights"
    )
    parser.add_argument(
        "--no-browser", dest="browser", action="store_false", help="do not open a browser"
    )
    return parser


def _port_problem(host: str, port: int) -> str | None:
    """Return why nothing can be served there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            return getattr(error, "strerror", None) or str(error)
    return None


def _refuse(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
