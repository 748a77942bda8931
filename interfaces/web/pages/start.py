"""The first page: one search over everything, and where else to go."""

from __future__ import annotations

from interfaces.web.page import Asked, Elsewhere, Page, address
from warehouse.browsing.search import search

#: Kind of a hit -> address of its page.
_PAGES = {"gene": "/gene/", "cohort": "/cohort/", "claim": "/claim/", "scan": "/scan/"}
EXAMPLES = (
    "STK11", "STK11:truncating & KRAS:G12C", "any(ARID1A, SMARCA4, PBRM1)", "TMB per doubling", "PBRM1; endpoint orr",
)  # fmt: skip


def start(asked: Asked) -> Page | Elsewhere:
    """Search, or what can be asked."""
    words = asked.one("q")
    if words is None:
        n_cohorts, n_persons = asked.con.execute(
            "select (select count(*) from marts.cohorts), (select count(*) from marts.persons)"
        ).fetchone() or (0, 0)
        lead = f"{n_cohorts:,} cohorts, {n_persons:,} persons, each counted once."
        return Page("Does a biomarker predict benefit from checkpoint blockade?", (lead,), template="start.html",
                    shown={"words": "", "examples": EXAMPLES, "hits": ()})  # fmt: skip
    found = search(asked.con, words)
    hits = tuple((kind, name, said, _page_of(str(kind), str(name))) for kind, name, said in found.rows)
    return Page(found.title, (found.note,) if found.note else (), template="start.html", listings=(found,),
                shown={"words": words, "examples": EXAMPLES, "hits": hits})  # fmt: skip


def _page_of(kind: str, name: str) -> str:
    if kind == "cancer type":
        return address("/cohorts", cancer_type=name)
    if kind == "gene set":
        return address("/ask", q=f"any(set:{name})")
    return address(_PAGES[kind] + name)
