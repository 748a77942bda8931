"""A gene: how often it is mutated, with all four statuses, its rows in every scan, its claims, its names and sets."""

from __future__ import annotations

import duckdb

from warehouse.browsing.listing import Listing, listing

_FREQUENCY = """
select
    cohort_id, count(*) as n_patients, count(*) filter (where status = 'mutated') as n_mutated,
    count(*) filter (where status = 'wild_type') as n_wild_type,
    count(*) filter (where status = 'undetermined') as n_undetermined,
    count(*) filter (where status = 'not_profiled') as n_not_profiled,
    count(*) filter (where status = 'mutated')
        / nullif(count(*) filter (where status in ('mutated', 'wild_type')), 0) as share_mutated
from marts.patient_gene_status($gene) group by cohort_id order by cohort_id
"""
_SCANS = """
select scan_id, n_profiled, n_carriers, events_carriers, null as responders_carriers, exp(uni_coef) as ratio,
    exp(burden_coef) as ratio_beside_burden, primary_p as p, primary_q as q, burden_verdict
from stats.scan_results where gene = $gene
union all
select scan_id, n_profiled, n_carriers, null, responders_carriers, exp(uni_coef), exp(burden_coef), primary_p,
    primary_q, burden_verdict
from stats.scan_response_results where gene = $gene
order by scan_id
"""
_CLAIMS = """
select printed.claim_id, printed.description, printed.printed_text as printed, checks.verdict, checks.stat_id
from marts.published_claims as printed
left join stats.claim_checks as checks on printed.claim_id = checks.claim_id
left join stats.analysis_specs as specs on printed.analysis_id = specs.analysis_id
where list_contains(specs.genes, $gene) or regexp_matches(printed.description, $word)
group by all order by printed.claim_id
"""


def gene_listings(con: duckdb.DuckDBPyConnection, symbol: str) -> tuple[Listing, ...]:
    """Everything about a symbol of the warehouse."""
    gene = {"gene": symbol}
    return (
        listing(
            con,
            "frequency",
            "How often it is mutated",
            _FREQUENCY,
            gene,
            note="Wild-type is earned: not profiled and undetermined are neither mutated nor wild-type.",
        ),
        listing(con, "scans", "Among all genes", _SCANS, gene),
        listing(con, "claims", "Claims", _CLAIMS, gene | {"word": rf"\b{_escaped(symbol)}\b"}),
        listing(
            con,
            "analyses",
            "Registered analyses",
            "select analysis_id, variant, kind, title from stats.analysis_specs "
            "where list_contains(genes, $gene) order by analysis_id, variant",
            gene,
        ),
        listing(
            con,
            "names",
            "Other names",
            "select gene_name, rule from marts.gene_names where hugo_symbol = $gene and gene_name <> $gene "
            "order by gene_name",
            gene,
        ),
        listing(
            con,
            "sets",
            "Gene sets",
            "select distinct gene_set_id, title, n_genes from marts.gene_sets where hugo_symbol = $gene "
            "order by gene_set_id",
            gene,
        ),
    )


def gene_frequency(con: duckdb.DuckDBPyConnection, symbol: str) -> Listing:
    """Patients of each cohort by the status of a gene."""
    return listing(con, "frequency", f"How often {symbol} is mutated", _FREQUENCY, {"gene": symbol})


def lollipops(con: duckdb.DuckDBPyConnection, symbol: str) -> list[tuple[str, str, str, str]]:
    """(analysis, figure, title, alt) of the published figure of where along the protein a gene is mutated, if any."""
    return [
        (str(analysis), str(figure), str(title), str(alt))
        for analysis, figure, title, alt in con.execute(
            "select distinct figures.analysis_id, figures.figure, figures.title, figures.alt "
            "from stats.figures as figures "
            "inner join stats.analysis_specs as specs on figures.analysis_id = specs.analysis_id "
            "where specs.genes = [$gene] and contains(figures.figure, 'lollipop') "
            "order by figures.figure desc, figures.analysis_id limit 1",
            {"gene": symbol},
        ).fetchall()
    ]


def _escaped(symbol: str) -> str:
    return "".join(letter if letter.isalnum() else f"\\{letter}" for letter in symbol)
