"""The explorer as a web application: which address shows which page, and what no page may do.

It answers on this machine only. A request whose Host is another name is refused, so that a foreign site cannot read it
through a name that it lets point here (DNS rebinding). A page runs no script and loads nothing from elsewhere, which
its content policy says to the browser, too.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from importlib import resources
from urllib.parse import unquote, urlsplit

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from interfaces.mcp.server import chat_server
from interfaces.web.pages import answers, cohorts, files, genes, records, start, versions
from interfaces.web.respond import Kind, Maker, fault, respond
from warehouse.questions.asked_pages import AskedPages

HOSTS = ["127.0.0.1", "localhost"]
_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
#: Of a figure or a report, which carry their own style: still without script and without anything from elsewhere.
_POLICY_OF_FILES = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

#: Address without its ending -> the page. Each is also there as .json and .csv.
PAGES: dict[str, Maker] = {
    "/start": start.start,
    "/ask": answers.ask,
    "/gene/{symbol}": genes.gene,
    "/cohorts": cohorts.cohort_list,
    "/cohort/{cohort}": cohorts.cohort,
    "/claims": records.claim_list,
    "/claim/{claim}": records.claim,
    "/scans": records.scan_list,
    "/scan/{scan}": records.scan,
    "/statistics": records.statistic_list,
    "/statistic": records.statistic_page,
    "/tables": records.table_list,
    "/table/{table}": records.table_page,
    "/sql": records.sql,
    "/versions": versions.version_list,
    "/diff": versions.diff,
    "/reports": versions.report_list,
}


def explorer() -> Starlette:
    """The application; it opens the published file anew for every request, so that a refresh is seen at once."""
    kept = AskedPages()
    # the chat's own protocol at /mcp; it refuses foreign hosts and origins itself, too
    chat = chat_server().streamable_http_app(stateless_http=True, json_response=True)

    def endpoint(make: Maker, kind: Kind) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            return respond(make, kind, request, kept)

        return answer

    routes: list[BaseRoute] = [Route("/", endpoint(start.start, "html"))]
    for path, make in PAGES.items():
        # a symbol may have a dot in it: the endings come first
        routes += [Route(f"{path}.{kind}", endpoint(make, kind)) for kind in ("json", "csv")]
        routes.append(Route(path, endpoint(make, "html")))
    routes += [
        Route("/ask/{figure}.{ending}", lambda request: files.answer_figure(request, kept)),
        Route("/figure/{folder}/{name}", _file(files.published_figure)),
        Route("/report/{name:path}", _file(files.published_report)),
        Route("/style.css", _style),
        Route("/favicon.ico", lambda request: Response(status_code=204)),
        *chat.routes,
    ]
    return Starlette(
        routes=routes,
        lifespan=chat.router.lifespan_context,
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS), Middleware(_Guarded)],
        exception_handlers={404: _nothing_there, 500: _unforeseen},
    )


def _file(find: Callable[[Request], object]) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        path = find(request)
        if path is None:
            return fault(f"There is no {unquote(request.url.path)} in this version.", 404, "html", request)
        kind = mimetypes.guess_type(str(path))[0] or "application/octet-stream"
        return FileResponse(str(path), media_type=kind)

    return answer


def _style(request: Request) -> Response:
    text = resources.files("interfaces.web").joinpath("static/style.css").read_text(encoding="utf-8")
    return PlainTextResponse(text, media_type="text/css", headers={"Cache-Control": "max-age=300"})


def _nothing_there(request: Request, error: Exception) -> Response:
    return fault(f"There is no page {request.url.path}.", 404, "html", request)


def _unforeseen(request: Request, error: Exception) -> Response:
    sentence = f"This was not foreseen ({type(error).__name__}); the terminal has its traceback."
    return fault(sentence, 500, "html", request)


def _is_shown_in_dagster(scope: Scope) -> bool:
    """Whether a published figure is asked for by a page of this machine: Dagster's UI, on another port, shows it. (Two
    ports of an address of numbers are not of one site to a browser.)"""
    page = urlsplit(Headers(scope=scope).get("referer", "")).hostname
    is_figure: bool = scope["path"].startswith("/figure/")
    return is_figure and page in HOSTS


class _Guarded:
    """Headers that every answer carries."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                own_style = scope["path"].startswith(("/report/", "/figure/")) or scope["path"].endswith(
                    ".svg"
                )
                headers["Content-Security-Policy"] = _POLICY_OF_FILES if own_style else _POLICY
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                headers["Cross-Origin-Resource-Policy"] = (
                    "cross-origin" if _is_shown_in_dagster(scope) else "same-origin"
                )
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, guarded)
