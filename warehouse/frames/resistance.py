"""From the warehouse to what a question of resistance needs: pairs, calls, segments, places of genes, expression.

Belongs here: SQL. Selection and estimation do not.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.resistance.samples import Place

#: A sample that cannot be judged as a whole is not half of a pair: what it lacks would count as lost or gained.
_PAIRS = """
select * from marts.sample_pairs as pairs
where list_contains($cohorts, cohort_id) and is_both_sequenced and role <> 'order unknown'
    and not exists (
        select 1 from marts.profiling as profiling
        where profiling.cohort_id = pairs.cohort_id and profiling.is_undetermined
            and profiling.sample_id in (pairs.first_sample_id, pairs.second_sample_id)
    )
order by
    cohort_id, patient_id,
    case first_biopsy_time when 'pre' then 0 when 'on' then 1 when 'between' then 2 when 'on_second' then 3 else 4 end,
    case second_biopsy_time when 'pre' then 0 when 'on' then 1 when 'between' then 2 when 'on_second' then 3 else 4 end
    desc, pair_id
"""

#: The variant is named by place and alleles, by place and protein change where a source gives no alleles.
_MUTATIONS = """
select
    mutations.cohort_id, mutations.patient_id, mutations.sample_id,
    coalesce(mutations.chromosome, '') || ':' || coalesce(cast(mutations.start_position as varchar), '') || ':'
    || case
        when mutations.reference_allele is null or mutations.tumor_seq_allele2 is null
            then coalesce(mutations.hugo_symbol, '') || ' ' || coalesce(mutations.hgvsp_short, '')
        else mutations.reference_allele || '>' || mutations.tumor_seq_allele2
    end as variant_key,
    mutations.hugo_symbol, mutations.variant_classification, mutations.hgvsp_short, mutations.is_nonsynonymous,
    mutations.is_truncating, mutations.t_alt_count, mutations.t_depth, mutations.variant_allele_fraction,
    mutations.cancer_cell_fraction, mutations.source_file_id, mutations.source_row
from marts.mutations as mutations
inner join wanted on mutations.cohort_id = wanted.cohort_id and mutations.sample_id = wanted.sample_id
where mutations.is_counted and ($all_genes or list_contains($genes, mutations.hugo_symbol))
order by mutations.cohort_id, mutations.sample_id, variant_key
"""


def sequenced_pairs(con: duckdb.DuckDBPyConnection, cohort_ids: Sequence[str]) -> pd.DataFrame:
    """Pairs of which both samples were sequenced, the widest of a patient first."""
    return con.execute(_PAIRS, {"cohorts": list(cohort_ids)}).df()


def calls_of(
    con: duckdb.DuckDBPyConnection, samples: pd.DataFrame, genes: Sequence[str] | None = None
) -> pd.DataFrame:
    """Counted calls of the samples (cohort_id, sample_id), in all genes or in some."""
    wanted = samples[["cohort_id", "sample_id"]].drop_duplicates()  # noqa: F841  read by DuckDB under its name
    return con.execute(_MUTATIONS, {"all_genes": genes is None, "genes": list(genes or ())}).df()


def allele_fractions_of(
    con: duckdb.DuckDBPyConnection, samples: pd.DataFrame
) -> dict[tuple[str, str], npt.NDArray[np.float64]]:
    """(cohort, sample) -> allele fractions of its counted calls; no entry without one."""
    wanted = samples[["cohort_id", "sample_id"]].drop_duplicates()  # noqa: F841  read by DuckDB under its name
    rows = con.execute(
        "select mutations.cohort_id, mutations.sample_id, list(mutations.variant_allele_fraction) "
        "from marts.mutations as mutations inner join wanted "
        "on mutations.cohort_id = wanted.cohort_id and mutations.sample_id = wanted.sample_id "
        "where mutations.is_counted and mutations.variant_allele_fraction is not null group by all"
    ).fetchall()
    return {(str(c), str(s)): np.asarray(values, dtype=np.float64) for c, s, values in rows}


def without_frameshifts(con: duckdb.DuckDBPyConnection, cohort_ids: Sequence[str]) -> list[str]:
    """Cohorts with calls but without a single frameshift: their tables hold no insertions or deletions."""
    rows = con.execute(
        "select cohort_id from marts.mutations where list_contains($cohorts, cohort_id) and is_counted "
        "group by cohort_id having count(*) filter (where variant_classification like 'Frame_Shift%') = 0 "
        "order by cohort_id",
        {"cohorts": list(cohort_ids)},
    ).fetchall()
    return [str(row[0]) for row in rows]


def segments_of(con: duckdb.DuckDBPyConnection, samples: pd.DataFrame) -> pd.DataFrame:
    """Copy-number segments of the samples (cohort_id, sample_id)."""
    wanted = samples[["cohort_id", "sample_id"]].drop_duplicates()  # noqa: F841  read by DuckDB under its name
    return con.execute(
        "select segments.* from marts.copy_number_segments as segments inner join wanted "
        "on segments.cohort_id = wanted.cohort_id and segments.sample_id = wanted.sample_id "
        "order by segments.cohort_id, segments.sample_id, segments.chromosome, segments.start_position"
    ).df()


def published_purities(
    con: duckdb.DuckDBPyConnection, cohort_ids: Sequence[str]
) -> dict[tuple[str, str], float]:
    """(cohort, sample) -> tumour purity from 0 to 1; sources that give percent are divided by 100."""
    rows = con.execute(
        "select cohort_id, sample_id, tumor_purity / case when max(tumor_purity) over (partition by cohort_id) > 1.0 "
        "then 100 else 1 end from marts.samples "
        "where list_contains($cohorts, cohort_id) and tumor_purity > 0",
        {"cohorts": list(cohort_ids)},
    ).fetchall()
    return {(str(c), str(s)): float(p) for c, s, p in rows}


def gene_places(con: duckdb.DuckDBPyConnection, genes: Sequence[str]) -> dict[str, Place]:
    """Where each gene lies on GRCh37: the middle of the calls that any cohort has in it, on the commonest chromosome.

    Segments are megabases long, so one position inside the gene is enough.
    """
    rows = con.execute(
        """
        with calls as (
            select hugo_symbol, chromosome, start_position from marts.mutations
            where list_contains($genes, hugo_symbol) and ncbi_build in ('GRCh37', '37', 'hg19')
                and chromosome is not null and start_position is not null
        ),
        commonest as (
            select hugo_symbol, mode(chromosome) as chromosome from calls group by hugo_symbol
        )
        select calls.hugo_symbol, calls.chromosome, cast(median(calls.start_position) as bigint)
        from calls inner join commonest
            on calls.hugo_symbol = commonest.hugo_symbol and calls.chromosome = commonest.chromosome
        group by calls.hugo_symbol, calls.chromosome
        """,
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
    return con.execute(
        """
        select distinct samples.cohort_id, samples.patient_id, samples.sample_id
        from marts.samples as samples
        inner join (
            select cohort_id, sample_id from marts.mutations
            where is_counted and is_truncating and list_contains($genes, hugo_symbol)
            union
            select cohort_id, sample_id from marts.copy_number_segments
        ) as found on samples.cohort_id = found.cohort_id and samples.sample_id = found.sample_id
        where samples.is_index and list_contains($cohorts, samples.cohort_id)
        order by samples.cohort_id, samples.sample_id
        """,
        {"cohorts": list(cohort_ids), "genes": list(genes)},
    ).df()


def declared_gene_set(con: duckdb.DuckDBPyConnection, gene_set_id: str) -> list[str]:
    """Genes of a set of marts.gene_sets; empty when the warehouse has no such set."""
    if not has_mart(con, "gene_sets"):
        return []
    rows = con.execute(
        "select distinct hugo_symbol from marts.gene_sets where gene_set_id = ? and hugo_symbol is not null "
        "order by hugo_symbol",
        [gene_set_id],
    ).fetchall()
    return [str(row[0]) for row in rows]


def has_mart(con: duckdb.DuckDBPyConnection, mart: str) -> bool:
    """The warehouse has this mart."""
    found = con.execute(
        "select count(*) from information_schema.tables where table_schema = 'marts' and table_name = ?",
        [mart],
    ).fetchone()
    return bool(found and found[0])


#: Counts of reads depend on how deep a sample was sequenced: they become counts per million of the sample's reads.
COUNT_UNIT, SCALED_UNIT = "read counts", "counts per million"


def expression_pairs(
    con: duckdb.DuckDBPyConnection, cohort_ids: Sequence[str], genes: Sequence[str], roles: Sequence[str]
) -> pd.DataFrame:
    """One row a gene and pair whose two samples were both measured: cohort, patient, pair, gene, unit, first, second.

    A patient has one pair: the widest of the roles. Several rows of a gene in one sample (probes, libraries) are
    averaged. Read counts become counts per million of all genes of the sample.
    """
    return con.execute(
        """
        with libraries as (
            select cohort_id, sample_id, sum(value) as n_reads from marts.expression
            where list_contains($cohorts, cohort_id) and unit = $counts
            group by cohort_id, sample_id
        ),
        measured as (
            select
                expression.cohort_id, expression.sample_id, expression.hugo_symbol,
                any_value(case when libraries.n_reads > 0 then $scaled else expression.unit end) as unit,
                avg(case when libraries.n_reads > 0 then 1e6 * expression.value / libraries.n_reads
                    else expression.value end) as value
            from marts.expression as expression
            left join libraries on expression.cohort_id = libraries.cohort_id
                and expression.sample_id = libraries.sample_id and expression.unit = $counts
            where list_contains($cohorts, expression.cohort_id) and list_contains($genes, expression.hugo_symbol)
                and expression.value is not null
            group by expression.cohort_id, expression.sample_id, expression.hugo_symbol
        ),
        pairs as (
            select *, case first_biopsy_time
                when 'pre' then 0 when 'on' then 1 when 'between' then 2 when 'on_second' then 3 else 4 end as begins,
                case second_biopsy_time
                when 'pre' then 0 when 'on' then 1 when 'between' then 2 when 'on_second' then 3 else 4 end as ends
            from marts.sample_pairs
            where list_contains($cohorts, cohort_id) and list_contains($roles, role)
                and first_sample_id in (select sample_id from measured)
                and second_sample_id in (select sample_id from measured)
        ),
        widest as (
            select *, row_number() over (
                partition by cohort_id, patient_id order by begins, ends desc, pair_id
            ) as place
            from pairs
        )
        select pairs.cohort_id, pairs.patient_id, pairs.pair_id, pairs.role, one.hugo_symbol, one.unit,
            one.value as first, other.value as second
        from widest as pairs
        inner join measured as one
            on pairs.cohort_id = one.cohort_id and pairs.first_sample_id = one.sample_id
        inner join measured as other
            on pairs.cohort_id = other.cohort_id and pairs.second_sample_id = other.sample_id
            and one.hugo_symbol = other.hugo_symbol
        where pairs.place = 1
        order by pairs.cohort_id, pairs.patient_id, one.hugo_symbol
        """,
        {
            "cohorts": list(cohort_ids), "genes": list(genes), "roles": list(roles), "counts": COUNT_UNIT,
            "scaled": SCALED_UNIT,
        },
    ).df()  # fmt: skip
