"""Counted non-synonymous calls by gene, what panels cover, and what cohorts are known to lack."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import duckdb
import pandas as pd

from warehouse.frames.compact import coded_rows
from warehouse.tables import frame_of

_OF_GENE = """
select cohort_id, sample_id, variant_classification, hgvsp_short, source_file_id, source_row
from marts.counted_mutations
where is_nonsynonymous and hugo_symbol = $gene and list_contains($cohorts, cohort_id)
order by cohort_id, sample_id, source_file_id, source_row
"""
_OF_OTHER_GENES = """
select cohort_id, sample_id, hugo_symbol as gene, n_nonsynonymous as n_calls
from marts.gene_calls
where n_nonsynonymous > 0 and hugo_symbol <> $gene and list_contains($cohorts, cohort_id)
order by gene, cohort_id, sample_id
"""
_COVERED = "select panel_id, hugo_symbol from marts.gene_panels where list_contains($panels, panel_id)"
_KNOWN_MISSING = """
select cohort_id, known_missing from marts.cohorts
where list_contains($cohorts, cohort_id) and known_missing is not null order by cohort_id
"""


def calls_of_gene(con: duckdb.DuckDBPyConnection, gene: str, cohort_ids: Sequence[str]) -> pd.DataFrame:
    """cohort_id, sample_id, variant_classification, hgvsp_short, source_file_id, source_row: one row a call."""
    return frame_of(con.execute(_OF_GENE, {"gene": gene, "cohorts": list(cohort_ids)}))


def calls_of_other_genes(
    con: duckdb.DuckDBPyConnection, gene: str, cohort_ids: Sequence[str]
) -> pd.DataFrame:
    """cohort_id, sample_id, gene, n_calls: one row a sample and gene that is not ``gene``. Equal words are one text:
    these are a million rows."""
    words = ("cohort_id", "sample_id", "gene")
    rows = coded_rows(con, _OF_OTHER_GENES, {"gene": gene, "cohorts": list(cohort_ids)}, words)
    return rows.astype(dict.fromkeys(words, object))


def panel_genes(con: duckdb.DuckDBPyConnection, panel_ids: Sequence[str]) -> dict[str, AbstractSet[str]]:
    """Panel -> the genes that it covers."""
    covered = frame_of(con.execute(_COVERED, {"panels": list(panel_ids)}))
    return {str(panel): set(genes) for panel, genes in covered.groupby("panel_id")["hugo_symbol"]}


def known_missing(con: duckdb.DuckDBPyConnection, cohort_ids: Sequence[str]) -> dict[str, list[str]]:
    """Cohort -> what its file says is missing, an entry each, of those that say so."""
    found = con.execute(_KNOWN_MISSING, {"cohorts": list(cohort_ids)}).fetchall()
    return {str(cohort_id): list(entries) for cohort_id, entries in found}
