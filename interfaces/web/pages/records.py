"""Pages of claims, scans, statistics and tables."""

from __future__ import annotations

from dataclasses import replace

from interfaces.web.page import Asked, Elsewhere, Mark, Page, address, published_figure
from warehouse.browsing.records import claims, statistic, statistics
from warehouse.browsing.scans import gene_marks, scan_figures, scan_listings, scans
from warehouse.browsing.tables import table, tables
from warehouse.sql_apart import ask_apart

#: Those of the README, by what they ask.
SQL_EXAMPLES = {
    "How often is ALK mutated, of those in whom it was looked at and can be judged? Each person once": """\
select cancer_type, count(*) filter (where status = 'mutated') as mutated, count(*) as judged
from marts.patient_gene_status('ALK')
where status in ('mutated', 'wild_type') and person_row_number = 1
group by cancer_type order by judged desc;""",
    "PD-L1 expression and burden of everybody under checkpoint blockade, one row a person": """\
select p.cohort_id, p.cancer_type, p.n_nonsynonymous, p.tmb_percentile_in_assay_and_cancer_type, e.log2_value as cd274,
    p.os_months, p.is_os_event
from marts.patient_summary as p
join marts.patient_expression as e on p.cohort_id = e.cohort_id and p.patient_id = e.patient_id
where e.hugo_symbol = 'CD274' and p.is_icb_treated and p.person_row_number = 1;""",
    "Who is in more than one cohort, and how do we know?": """\
select a.person_id, a.cohort_id, a.patient_id, a.rule_id, a.evidence
from marts.person_aliases as a
join marts.persons as p on a.person_id = p.person_id
where p.n_cohorts > 1 order by a.person_id, a.cohort_id;""",
    "Every file and row behind one statistic": """\
select role, mart, address, member, source_row
from stats.lineage
where stat_id like '%/default/os.cox_univariable'
order by role, address, source_row limit 20;""",
    "What could not be read, and why": """\
select cohort_id, rule_id, raw_table, is_lost, sum(n_rows) as n_rows, min(message) as message
from marts.rejected_rows group by all order by n_rows desc;""",
}


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
        found.notes,
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
    """One table: its rows, by the words in them, and what its columns mean. A word of the address that is a column
    keeps the rows with that value."""
    name, words = asked.part("table"), asked.request.query_params
    kept = {column: value for column, value in words.items() if column not in ("page", "table") and value}
    found = table(asked.con, name, kept, asked.page)
    path = f"/table/{name}"
    facets = [
        (facet.title, [(value, n, address(path, **kept, **{facet.title: value})) for value, n in facet.rows])
        for facet in found.facets
    ]
    chosen = [
        (column, value, address(path, **{c: v for c, v in kept.items() if c != column}))
        for column, value in kept.items()
    ]
    query = address("/sql", query=f"select * from {name} limit 100")
    return Page(
        name,
        listings=(found.rows, found.columns, *found.facets),
        template="table.html",
        shown={"facets": facets, "chosen": chosen, "sql": query, "sections": (found.rows, found.columns)},
    )


def sql(asked: Asked) -> Page | Elsewhere:
    """A query of the reader, in a process of its own."""
    query = asked.one("query")
    shown = {
        "query": query or "",
        "sql_examples": [(words, address("/sql", query=one)) for words, one in SQL_EXAMPLES.items()],
    }
    if query is None:
        return Page("SQL on the published tables", template="sql.html", shown=shown)
    answer = ask_apart(query)
    return Page("SQL on the published tables", (answer.said,), listings=(answer.listing,), template="sql.html",
                shown=shown)  # fmt: skip
