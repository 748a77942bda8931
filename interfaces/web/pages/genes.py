"""The page of a gene."""

from __future__ import annotations

from interfaces.web.page import Asked, Elsewhere, Page, address, published_figure
from warehouse.browsing.genes import gene_listings, lollipops
from warehouse.questions.names import known_gene


def gene(asked: Asked) -> Page | Elsewhere:
    """A gene by its symbol; another name of it leads to the symbol."""
    name = asked.part("symbol")
    symbol = known_gene(asked.con, name)
    if symbol != name:
        ending = next((e for e in (".json", ".csv") if asked.request.url.path.endswith(e)), "")
        return Elsewhere(address(f"/gene/{symbol}{ending}"))
    listings = gene_listings(asked.con, symbol)
    return Page(
        symbol,
        listings=listings,
        figures=tuple(published_figure(*one) for one in lollipops(asked.con, symbol)),
        template="gene.html",
        shown={"ask": address("/ask", q=symbol), "symbol": symbol},
    )
