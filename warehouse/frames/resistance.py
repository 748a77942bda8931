"""From the warehouse to what a question of resistance needs: pairs, calls, segments, places of genes, expression.

Belongs here: SQL. Selection and estimation do not.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.resistance.evidence.samples import Place
from warehouse.tables import frame_of

_PAIRS = """
select
    pair_id, cohort_id, patient_id, person_id, first_sample_id, second_sample_id, first_biopsy_time,
    second_biopsy_time, first_role, second_role, role, progression_evidence, first_biopsy_months,
    second_biopsy_months, months_between, intervening_therapy, first_metastatic_site, second_metastatic_site,
    is_first_sequenced, is_second_sequenced, is_both_sequenced, source_file_id, source_row, second_source_file_id,
    second_source_row
from marts.sample_pairs
where can_be_compared and list_contains($cohorts, cohort_id)
order by cohort_id, patient_id, pair_number
"""

_MUTATIONS = """
select
    calls.cohort_id, calls.patient_id, calls.sample_id, calls.variant_key, calls.hugo_symbol,
    calls.variant_classification, calls.hgvsp_short, calls.is_nonsynonymous, calls.is_truncating, calls.t_alt_count,
    calls.t_depth, calls.variant_allele_fraction, calls.cancer_cell_fraction, calls.source_file_id, calls.source_row
from marts.counted_mutations as calls
inner join wanted on calls.cohort_id = wanted.cohort_id and calls.sample_id = wanted.sample_id
where $all_genes or list_contains($genes, calls.hugo_symbol)
order by calls.cohort_id, calls.sample_id, calls.variant_key
"""

#: One pair a patient, of the asked roles the first whose two samples were measured.
_EXPRESSION_PAIRS = """
with measured as (
    select cohort_id, sample_id, hugo_symbol, value, unit from marts.sample_expression
    where list_contains($cohorts, cohort_id) and list_contains($genes, hugo_symbol) and value is not null
),
pairs as (
    select *, row_number() over (partition by cohort_id, patient_id order by pair_number) as place
    from marts.sample_pairs
    where list_contains($cohorts, cohort_id) and list_contains($roles, role)
        and (cohort_id, first_sample_id) in (select (cohort_id, sample_id) from measured)
        and (cohort_id, second_sample_id) in (select (cohort_id, sample_id) from measured)
)
select pairs.cohort_id, pairs.patient_id, pairs.pair_id, pairs.role, one.hugo_symbol, one.unit,
    one.value as first, other.value as second
from pairs
inner join measured as one on pairs.cohort_id = one.cohort_id and pairs.first_sample_id = one.sample_id
inner join measured as other
    on pairs.cohort_id = other.cohort_id and pairs.second_sample_id = other.sample_id
    and one.hugo_symbol = other.hugo_symbol
where pairs.place = 1
order by pairs.cohort_id, pairs.patient_id, one.hugo_symbol
"""


def sequenced_pairs(con: duckdb.DuckDBPyConnection, cohort_ids: Sequence[str]) -> pd.DataFrame:
    """Pairs of which both samples were sequenced, the widest of a patient first."""
    return frame_of(con.execute(_PAIRS, {"cohorts": list(cohort_ids)}))


def calls_of(
    con: duckdb.DuckDBPyConnection, samples: pd.DataFrame, genes: Sequence[str] | None = None
) -> pd.DataFrame:
    """Counted calls of the samples (cohort_id, sample_id), in all genes or in some."""
    wanted = samples[["cohort_id", "sample_id"]].drop_duplicates()  # noqa: F841  read by DuckDB under its name
    return frame_of(con.execute(_MUTATIONS, {"all_genes": genes is None, "genes": list(genes or ())}))


def allele_fractions_of(
    con: duckdb.DuckDBPyConnection, samples: pd.DataFrame
) -> dict[tuple[str, str], npt.NDArray[np.float64]]:
    """(cohort, sample) -> allele fractions of its counted calls; no entry without one."""
    wanted = samples[["cohort_id", "sample_id"]].drop_duplicates()  # noqa: F841  read by DuckDB under its name
    rows = con.execute(
        "select calls.cohort_id, calls.sample_id, list(calls.variant_allele_fraction) "
        "from marts.counted_mutations as calls inner join wanted "
        "on calls.cohort_id = wanted.cohort_id and calls.sample_id = wanted.sample_id "
        "where calls.variant_allele_fraction is not null group by all"
    ).fetchall()
    return {(str(c), str(s)): np.asarray(values, dtype=np.float64) for c, s, values in rows}


def without_frameshifts(con: duckdb.DuckDBPyConnection, cohort_ids: Sequence[str]) -> list[str]:
    """Cohorts with calls but without a single frameshift: their tables hold no insertions or deletions."""
    rows = con.execute(
        "select distinct cohort_id from marts.call_sets "
        "where list_contains($cohorts, cohort_id) and not lists_frameshifts order by cohort_id",
        {"cohorts": list(cohort_ids)},
    ).fetchall()
    return [str(row[0]) for row in rows]


def segments_of(con: duckdb.DuckDBPyConnection, samples: pd.DataFrame) -> pd.DataFrame:
    """Copy-number segments of the samples (cohort_id, sample_id)."""
    wanted = samples[["cohort_id", "sample_id"]].drop_duplicates()  # noqa: F841  read by DuckDB under its name
    return frame_of(
        con.execute(
            "select segments.* from marts.copy_number_segments as segments inner join wanted "
            "on segments.cohort_id = wanted.cohort_id and segments.sample_id = wanted.sample_id "
            "order by segments.cohort_id, segments.sample_id, segments.chromosome, segments.start_position"
        )
    )


def published_purities(
    con: duckdb.DuckDBPyConnection, cohort_ids: Sequence[str]
) -> dict[tuple[str, str], float]:
    """(cohort, sample) -> tumour purity from 0 to 1."""
    rows = con.execute(
        "select cohort_id, sample_id, tumor_purity_fraction from marts.samples "
        "where list_contains($cohorts, cohort_id) and tumor_purity_fraction is not null",
        {"cohorts": list(cohort_ids)},
    ).fetchall()
    return {(str(c), str(s)): float(p) for c, s, p in rows}


def gene_places(con: duckdb.DuckDBPyConnection, genes: Sequence[str]) -> dict[str, Place]:
    """Where each gene lies on GRCh37, by the calls of all cohorts."""
    rows = con.execute(
        "select hugo_symbol, chromosome, middle_position from marts.gene_places "
        "where genome_build = 'GRCh37' and list_contains($genes, hugo_symbol)",
        {"genes": list(genes)},
    ).fetchall()
    return {str(gene): Place(str(chromosome), int(position)) for gene, chromosome, position in rows}


def covered_panels(con: duckdb.DuckDBPyConnection, genes: Sequence[str]) -> set[str]:
    """Panels that cover every one of the genes."""
    rows = con.execute(
        "select panel_id from marts.gene_panels where list_contains($genes, hugo_symbol) "
        "group by panel_id having count(distinct hugo_symbol) = $n",
        {"genes": list(genes), "n": len(set(genes))},
    ).fetchall()
    return {str(row[0]) for row in rows}


def samples_to_judge(
    con: duckdb.DuckDBPyConnection, cohort_ids: Sequence[str], genes: Sequence[str]
) -> pd.DataFrame:
    """Index samples that may have lost a gene: a truncating mutation in one, or segments to look at."""
    return frame_of(
        con.execute(
            """
        select people.cohort_id, people.patient_id, people.sample_id
        from marts.patient_summary as people
        where list_contains($cohorts, people.cohort_id) and (
            people.has_copy_number_segments
            or (people.cohort_id, people.sample_id) in (
                select (cohort_id, sample_id) from marts.gene_calls
                where n_truncating > 0 and list_contains($genes, hugo_symbol)
            )
        )
        order by people.cohort_id, people.sample_id
        """,
            {"cohorts": list(cohort_ids), "genes": list(genes)},
        )
    )


def declared_gene_set(con: duckdb.DuckDBPyConnection, gene_set_id: str) -> list[str]:
    """Genes of a set of marts.gene_sets; empty when the warehouse has no such set."""
    rows = con.execute(
        "select distinct hugo_symbol from marts.gene_sets where gene_set_id = ? and hugo_symbol is not null "
        "order by hugo_symbol",
        [gene_set_id],
    ).fetchall()
    return [str(row[0]) for row in rows]


def expression_pairs(
    con: duckdb.DuckDBPyConnection, cohort_ids: Sequence[str], genes: Sequence[str], roles: Sequence[str]
) -> pd.DataFrame:
    """One row a gene and pair whose two samples were both measured: cohort, patient, pair, gene, unit, first, second.

    A patient has one pair: the widest of the roles. Values are those of ``marts.sample_expression``.
    """
    values = {"cohorts": list(cohort_ids), "genes": list(genes), "roles": list(roles)}
    return frame_of(con.execute(_EXPRESSION_PAIRS, values))
