"""Published versions, what differs between two, and the reports of the one in force."""

from __future__ import annotations

import html
import re
from itertools import pairwise

from interfaces.web.page import Asked, Elsewhere, Page, address
from warehouse.browsing.listing import Listing
from warehouse.browsing.versions import DIFFERENCES, difference, version_listing
from warehouse.versions.layout import version_of

_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)


def version_list(asked: Asked) -> Page | Elsewhere:
    """Versions that are kept."""
    found = version_listing(asked.settings.published)
    names = [str(record["version"]) for record in found.records]
    links = [
        (f"{title}: {before} to {after}", address("/diff", before=before, after=after, what=what))
        for after, before in pairwise(names)
        for what, (title, _, _) in DIFFERENCES.items()
    ]
    return Page(found.title, listings=(found,), template="linked.html", shown={"links": links})


def diff(asked: Asked) -> Page | Elsewhere:
    """What differs between two versions."""
    what = asked.one("what") or "statistics"
    before, after = asked.one("before"), asked.one("after")
    found = difference(asked.settings.published, what, before, after, asked.page)
    links = [(title, address("/diff", before=before, after=after, what=name))
             for name, (title, _, _) in DIFFERENCES.items()]  # fmt: skip
    between = f"From {before or 'the last but one'} to {after or 'the version in force'}."
    return Page(found.title, (between,), listings=(found,), template="linked.html", shown={"links": links})


def report_list(asked: Asked) -> Page | Elsewhere:
    """The reports of the version."""
    files = sorted(version_of(asked.con).reports.glob("*.html"))
    rows = []
    for path in files:
        with path.open(encoding="utf-8") as handle:
            found = _TITLE.search(handle.read(20_000))
        rows.append((path.name, html.unescape(found[1].strip()) if found else path.stem))
    listed = Listing("reports", "Reports", ("report", "title"), tuple(rows))
    links = [(title, address(f"/report/{name}")) for name, title in rows if name != "index.html"]
    return Page("Reports", listings=(listed,), template="links_only.html", shown={"links": links})
