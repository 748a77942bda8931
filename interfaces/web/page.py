"""A page before it is laid out: what is shown, whether as HTML, JSON or CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import duckdb
from starlette.requests import Request

from warehouse.browsing.listing import Listing
from warehouse.questions.asked_pages import AskedPages
from warehouse.settings import Settings


@dataclass(frozen=True)
class Asked:
    """An open published file and what is asked of it."""

    con: duckdb.DuckDBPyConnection
    settings: Settings
    request: Request
    answers: AskedPages

    def one(self, name: str) -> str | None:
        """A word of the address; None where it is absent or empty."""
        return (self.request.query_params.get(name) or "").strip() or None

    def many(self, name: str) -> list[str]:
        """Every value that the address has under a name."""
        return [value.strip() for value in self.request.query_params.getlist(name) if value.strip()]

    @property
    def page(self) -> int:
        """Which page of a long listing, from 1."""
        text = self.one("page") or "1"
        return max(1, int(text)) if text.isdigit() and len(text) < 9 else 1

    def part(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])


@dataclass(frozen=True)
class Mark:
    """A point of a picture that leads on: where to, what it says, where it lies."""

    address: str
    sentence: str
    x: float
    y: float
    is_chosen: bool


@dataclass(frozen=True)
class Figure:
    """A picture by its address, with its title, words for those who cannot see it, the address of its numbers, and the
    points that lead on with the ``viewBox`` in whose units they lie."""

    address: str
    title: str
    alt: str
    numbers: str
    box: str = ""
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Page:
    """What one address shows.

    Attributes
    ----------
    title : the heading. lead : sentences under it. facts : names and values before the tables.
    listings : the tables; the first is what the CSV has.
    template : the file that lays it out; ``shown`` is what only that template knows.
    record : what the JSON is, where it is more than the tables.
    csv : what the CSV is, where it is not the first table.
    status : of HTTP.
    """

    title: str
    lead: tuple[str, ...] = ()
    facts: tuple[tuple[str, object], ...] = ()
    figures: tuple[Figure, ...] = ()
    listings: tuple[Listing, ...] = ()
    template: str = "page.html"
    shown: Mapping[str, object] = field(default_factory=dict)
    record: object = None
    csv: Listing | None = None
    status: int = 200


@dataclass(frozen=True)
class Elsewhere:
    """What is asked has another address."""

    address: str


def address(path: str, **words: object) -> str:
    """An address of this explorer; words without a value are left out."""
    asked = {name: value for name, value in words.items() if value not in (None, "", [])}
    return quote(path, safe="/") + (f"?{urlencode(asked, doseq=True)}" if asked else "")


def published_figure(folder: str, figure: str, title: str, alt: str) -> Figure:
    """A figure of the published version."""
    path = f"/figure/{folder}/{figure}"
    return Figure(address(f"{path}.svg"), title, alt, address(f"{path}.csv"))


#: Column -> the page of its values.
_PAGES = {
    "gene": "/gene/", "hugo_symbol": "/gene/", "cohort_id": "/cohort/", "scan_id": "/scan/", "claim_id": "/claim/",
    "table": "/table/",
}  # fmt: skip


def link_of(column: str, value: object) -> str | None:
    """The page of a cell, by the name of its column."""
    if not isinstance(value, str) or not value:
        return None
    if column in ("stat_id", "default_stat_id"):
        return address("/statistic", id=value)
    if column == "analysis_id":
        return address("/statistics", analysis=value)
    if column == "verdict":
        return None
    return address(_PAGES[column] + value) if column in _PAGES else None
