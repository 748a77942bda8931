"""A page as HTML, JSON or CSV, and a fault as a page with the sentence that the command line says."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from analytics.errors import AnalysisError
from ingestion.errors import IngestionError
from interfaces.formats import csv_text, json_text
from interfaces.web.page import Asked, Elsewhere, Page, link_of
from warehouse.browsing.listing import PAGE, Listing, NotThereError
from warehouse.export.disclosure import disclosed_row
from warehouse.export.readable import readable, shown
from warehouse.published_file import PublishedFileError, published
from warehouse.questions.asked_pages import AskedPages
from warehouse.settings import Settings
from warehouse.versions.layout import version_of
from warehouse.versions.manifest import read_manifest, smallest_cell

#: Points of a figure that the tabulator stops at; further ones are for a pointer, and in the table that stands below.
MARKS_BY_TAB = 20
Maker = Callable[[Asked], Page | Elsewhere]
Kind = str  # "html", "json" or "csv"


@lru_cache(maxsize=1)
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("interfaces.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals.update(link_of=link_of, rows_on_a_page=PAGE, marks_by_tab=MARKS_BY_TAB)
    environment.filters.update(readable=_cell, shown=shown, heading=_heading)
    return environment


def respond(make: Maker, kind: Kind, request: Request, answers: AskedPages) -> Response:
    """What an address is answered with. A version that went away while it was read is asked for again."""
    settings = Settings.from_environment()
    for attempt in (1, 2):
        try:
            with published() as con:
                page = make(Asked(con, settings, request, answers))
                version = version_of(con)
                about = (version.name, read_manifest(version).catalogue, smallest_cell(version))
                return _as_file(page, kind, request, *about)  # within, for sentences count nobody out there
        except PublishedFileError as exc:
            if attempt == 2:
                return fault(str(exc), 503, kind, request)
        except (IngestionError, AnalysisError) as exc:
            return fault(str(exc), 404 if request.path_params else 422, kind, request)
    raise AssertionError("both attempts have an answer")


def fault(sentence: str, status: int, kind: Kind, request: Request) -> Response:
    """A fault in one sentence, in the form that was asked for."""
    if kind == "json":
        return Response(json_text({"error": sentence}, 1), status, media_type="application/json")
    if kind == "csv":
        return PlainTextResponse(f"{shown(sentence)}\n", status)
    words = request.path_params.values() or [request.query_params.get("q", "")]
    page = Page("Not found" if status == 404 else "Cannot be answered", lead=(sentence,), template="fault.html",
                shown={"words": " ".join(str(word) for word in words)}, status=status)  # fmt: skip
    return _html(page, request, version="", catalogue="", least=1)


def _as_file(
    page: Page | Elsewhere, kind: Kind, request: Request, version: str, catalogue: str, least: int
) -> Response:
    if isinstance(page, Elsewhere):
        return RedirectResponse(page.address, 303)
    if kind == "html":
        return _html(page, request, version, catalogue, least)
    if kind == "json":
        record = page.record
        if record is None:
            record = {"version": version, **{one.name: one.records for one in page.listings}}
        return Response(json_text(record, least), page.status, media_type="application/json")
    table = page.csv or _asked_for(page.listings, request.query_params.get("table"))
    return Response(
        csv_text(table.records, table.columns, least), page.status, media_type="text/csv; charset=utf-8"
    )


def _asked_for(listings: tuple[Listing, ...], name: str | None) -> Listing:
    """The table of that name, the first without one.

    Raises
    ------
    NotThereError
        The page has no table of that name.
    """
    if name is None:
        return [*listings, Listing("empty", "", (), ())][0]
    found = next((one for one in listings if one.name == name), None)
    if found is None:
        raise NotThereError(
            f"the page has no table '{name}'",
            where="table",
            remedy=f"there are {', '.join(one.name for one in listings)}",
        )
    return found


def _html(page: Page, request: Request, version: str, catalogue: str, least: int) -> HTMLResponse:
    query = request.url.query
    text = (
        _templates()
        .get_template(page.template)
        .render(
            page=page,
            version=version,
            catalogue=catalogue,
            path=request.url.path,
            json_address=_with_ending(request.url.path, "json", query),
            csv_address=_with_ending(request.url.path, "csv", query),
            at_page=lambda number: _with_word(request.url.path, query, "page", str(number)),
            table_address=lambda name: _with_word(f"{request.url.path}.csv", query, "table", name),
            current=int(p) if (p := request.query_params.get("page", "1")).isdigit() and len(p) < 9 else 1,
            coarse=lambda columns, row: disclosed_row(columns, row, least),
            **page.shown,
        )
    )
    return HTMLResponse(text, page.status)


def _with_ending(path: str, ending: str, query: str) -> str:
    return f"{path if path != '/' else '/start'}.{ending}{f'?{query}' if query else ''}"


def _with_word(path: str, query: str, word: str, value: str) -> str:
    words = [(name, other) for name, other in parse_qsl(query) if name != word]
    return f"{path}?{urlencode([*words, (word, value)])}"


def _cell(value: object) -> str:
    """A value of a table for people: lists as words, yes and no, many thousands with commas."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        return ", ".join(_cell(one) for one in value)
    return readable(value)


def _heading(column: str) -> str:
    return shown(column.replace("_", " "))
