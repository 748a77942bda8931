"""``icb explore`` and ``icb mcp``: the published file in a browser of this machine, and in a chat."""

from __future__ import annotations

import socket
import threading
from typing import Annotated

import typer

from interfaces.cli.failures import CommandError
from warehouse.published_file import holding_published, published

HOST = "127.0.0.1"


def explore(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port of this machine; 0 takes a free one.")
    ] = 8765,
) -> None:
    """Look at the published file in a browser: ask, genes, cohorts, scans, claims, tables, reports.

    It answers on this machine only, and fetches nothing from outside. Control-C ends it. A refresh that publishes a new
    version is seen at once. A chat is served at /mcp beside the pages (icb mcp).

    Example: icb explore --port 8080
    """
    with holding_published(), socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        with published():
            pass  # nothing published is said before a browser is opened
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as exc:
            raise CommandError(
                f"port {port} of this machine is taken", where="--port", remedy="name another, or 0"
            ) from exc
        _serve(listener)


def _serve(listener: socket.socket) -> None:
    import uvicorn

    from interfaces.web.app import explorer

    config = uvicorn.Config(explorer(), log_level="warning", lifespan="on", server_header=False)
    listener.listen()  # who reads the address may ask at once: the answer waits until pages are loaded
    print(f"http://{HOST}:{listener.getsockname()[1]}/ (Control-C ends it)", flush=True)
    # statistics take seconds to load: while the first page is read
    threading.Thread(target=_load_statistics, daemon=True).start()
    uvicorn.Server(config).run(sockets=[listener])


def _load_statistics() -> None:
    """What the first question of survival and the first of a response would wait for: a second each."""
    import scipy.stats  # noqa: F401  # for exact tests

    import warehouse.questions.drawing  # noqa: F401
    from analytics.warm_up import response_scan, survival_scan

    survival_scan()  # compiled code is read from disk at its first call
    response_scan()


def mcp(
    http: Annotated[
        int | None,
        typer.Option(
            "--http", min=1, max=65535, help="Serve over HTTP on this port of this machine instead."
        ),
    ] = None,
) -> None:
    """Serve the published file to a chat, by the Model Context Protocol: over standard input and output, or HTTP.

    A chat program starts this command itself; docs/chat.md says how to enter it. No effect leaves without its
    estimator, people, events, adjustment and guards.

    Examples: icb mcp; icb mcp --http 8766
    """
    with holding_published():
        with published():
            pass  # nothing published is said before a chat waits for an answer
        from interfaces.mcp.server import chat_server

        if http is None:
            chat_server().run("stdio")
        else:
            print(f"http://{HOST}:{http}/mcp (Control-C ends it)", flush=True)
            chat_server().run(
                "streamable-http", host=HOST, port=http, stateless_http=True, json_response=True
            )
