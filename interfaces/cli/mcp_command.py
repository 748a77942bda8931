"""``icb mcp``: the published file in a chat."""

from __future__ import annotations

from typing import Annotated

import typer

from warehouse.published_file import published


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
    with published():
        pass  # nothing published is said before a chat waits for an answer
    from interfaces.mcp.server import chat_server

    if http is None:
        chat_server().run("stdio")
    else:
        print(f"http://127.0.0.1:{http}/mcp (Control-C ends it)", flush=True)
        chat_server().run(
            "streamable-http", host="127.0.0.1", port=http, stateless_http=True, json_response=True
        )
