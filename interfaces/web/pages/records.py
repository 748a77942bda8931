"""Pages of claims, scans, statistics and tables."""

from __future__ import annotations

from dataclasses import replace

from interfaces.web.page import Asked, Elsewhere, Mark, Page, address, published_figure
from warehouse.browsing.records import claims, statistic, statistics, table, tables
from warehouse.browsing.scans import gene_marks, scan_figures, scan_listings, scans
from warehouse.sql_apart import ask_apart

SQL_EXAMPLES = (
    "select status, count(*) as n from marts.gene_status('ALK') group by status",
    "select cohort_id, n_patients, licence from marts.cohorts order by n_patients desc",
    "select verdict, count(*) as n from stats.claim_checks group by verdict order by n desc",
)


def claim_list(asked: Asked) -> Page | Elsewhere:
    """Claims of the papers, or those of one paper or verdict."""
    found = claims(asked.con, paper=asked.one("paper"), verdict=asked.one("verdict"), page=asked.page)
    counts = asked.con.execute(
        "select paper_id, verdict, count(*) from stats.claim_checks group by all order by all"
    ).fetchall()
    links = [(f"{paper}: {verdict} ({n})", address("/claims", paper=paper, verdict=verdict))
             for paper, verdict, n in counts]  # fmt: skip
    return Page(found.title, listings=(found,), template="linked.html", shown={"links": links})


def claim(asked: Asked) -> Page | Elsewhere:
    """One claim, or every claim of a row of the papers' table."""
    name = asked.part("claim")
    found = claims(asked.con, claim=name)
    said = [str(record["sentence"]) for record in found.records]
    return Page(f"Claim {name}", tuple(said), listings=(found,))


def scan_list(asked: Asked) -> Page | Elsewhere:
    """The scans of the catalogue."""
    found = scans(asked.con)
    return Page(found.title, listings=(found,))


def scan(asked: Asked) -> Page | Elsewhere:
    """One scan: its volcano, whose points lead to the rows of their genes, and the genes as a table."""
    name, gene = asked.part("scan"), asked.one("gene")
    found, listings = scan_listings(asked.con, name, gene=gene, page=asked.page)
    figures = [published_figure(*one) for one in scan_figures(asked.con, name)]
    box, marks = gene_marks(asked.con, name, found)
    if figures and marks:  # the volcano is the first
        links = tuple(
            Mark(f"{address(f'/scan/{name}', gene=one.gene)}#genes", one.sentence, one.x, one.y,
                 is_chosen=one.gene.upper() == (gene or "").upper())
            for one in marks
        )  # fmt: skip
        figures[0] = replace(figures[0], box=box, marks=links)
    return Page(
        found.title,
        (found.notes,) if found.notes else (),
        listings=listings,
        figures=tuple(figures),
        template="scan.html",
        shown={"gene": gene or "", "every_gene": address(f"/scan/{name}")},
    )


def statistic_list(asked: Asked) -> Page | Elsewhere:
    """Statistics of an analysis, or those with words in their name."""
    words = asked.one("q") or ""
    found = statistics(asked.con, analysis=asked.one("analysis"), words=words, page=asked.page)
    return Page(found.title, listings=(found,), template="statistics.html",
                shown={"words": words, "analysis": asked.one("analysis") or ""})  # fmt: skip


def statistic_page(asked: Asked) -> Page | Elsewhere:
    """A statistic walked back to rows of files."""
    name = asked.one("id")
    if name is None:
        return Elsewhere(address("/statistics"))
    return Page("Statistic", (name,), listings=statistic(asked.con, name, asked.page))


def table_list(asked: Asked) -> Page | Elsewhere:
    """The public tables."""
    found = tables(asked.con)
    links = [("Ask in SQL", address("/sql"))]
    return Page(found.title, listings=(found,), template="linked.html", shown={"links": links})


def table_page(asked: Asked) -> Page | Elsewhere:
    """One table: what its columns mean, and its first rows."""
    name = asked.part("table")
    columns, rows = table(asked.con, name)
    links = [("Ask of it in SQL", address("/sql", query=f"select * from {name} limit 100"))]
    return Page(name, listings=(columns, rows), template="linked.html", shown={"links": links})


def sql(asked: Asked) -> Page | Elsewhere:
    """A query of the reader, in a process of its own."""
    query = asked.one("query")
    shown = {
        "query": query or "",
        "sql_examples": [(one, address("/sql", query=one)) for one in SQL_EXAMPLES],
    }
    if query is None:
        return Page("SQL on the published tables", template="sql.html", shown=shown)
    answer = ask_apart(query)
    return Page("SQL on the published tables", (answer.said,), listings=(answer.listing,), template="sql.html",
                shown=shown)  # fmt: skip
