"""From the warehouse to spectra, published exposures and reference signatures, each sample under one key
(``cohort/sample``). Refit and statistics do not belong here.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pandas as pd

from analytics.signatures.reference_genome import ReferenceGenome
from analytics.signatures.spectra import CHANNELS, Spectra, count_spectra
from warehouse.tables import frame_of

_CALLS = """
select
    cohort_id || '/' || sample_id as sample_id, chromosome, start_position as position, reference_allele as ref,
    tumor_seq_allele2 as alt
from marts.counted_mutations
where
    list_contains($cohorts, cohort_id) and genome_build = $build and start_position is not null
    and reference_allele is not null and tumor_seq_allele2 is not null
"""
_CALL_SETS = """
select
    cohort_id, cast(sum(n_with_alleles) as bigint) as n_with_alleles,
    cast(sum(case when genome_build = $build then n_calls else 0 end) as bigint) as n_of_build,
    bool_or(lists_silent_calls) as lists_silent_calls
from marts.call_sets
where list_contains($cohorts, cohort_id)
group by cohort_id
order by cohort_id
"""


def spectra_of_tables(con: duckdb.DuckDBPyConnection, cohort_ids: Sequence[str]) -> Spectra | None:
    """Counts [sample key, channel] of the published 96-channel tables; None when the cohorts have none."""
    listed = _listed(con, cohort_ids, "spectrum")
    if listed.empty:
        return None
    cells = frame_of(
        con.execute(
            "select cohort_id || '/' || sample_id as sample_key, channel, n_mutations from marts.mutation_spectra "
            "where list_contains(?, cohort_id)",
            [list(cohort_ids)],
        )
    )
    counts = cells.pivot(index="sample_key", columns="channel", values="n_mutations")
    counts = counts.reindex(index=listed.index, columns=list(CHANNELS)).fillna(0).astype("int64")
    return Spectra(counts, pd.DataFrame(columns=["reason", "n"]), None, ())


def spectra_of_calls(
    con: duckdb.DuckDBPyConnection,
    cohort_ids: Sequence[str],
    sample_keys: Sequence[str],
    genome: ReferenceGenome,
    ncbi_build: str,
) -> tuple[Spectra, pd.Series]:
    """Counts [sample key, channel] of the cohorts' own calls, and why a sample has none (by key).

    ``sample_keys`` : who was sequenced; one of them without a call has a spectrum of zeros.

    Raises
    ------
    MissingGenomeError, WrongGenomeError, NoRowsError
        Nothing can be counted: one sentence.
    """
    asked = {"cohorts": list(cohort_ids), "build": ncbi_build}
    sets = frame_of(con.execute(_CALL_SETS, asked)).set_index("cohort_id")
    calls = frame_of(con.execute(_CALLS, asked))
    spectra = count_spectra(calls[calls["sample_id"].isin(list(sample_keys))], genome)
    cohort = pd.Series(
        [key.split("/", 1)[0] for key in sample_keys], index=pd.Index(sample_keys), dtype=object
    )
    reason = pd.Series([None] * len(cohort), index=cohort.index, dtype=object)
    reason[~cohort.isin(sets.index)] = "the cohort has no calls"
    for cohort_id, row in sets.iterrows():
        if row["n_with_alleles"] == 0:
            reason[cohort == cohort_id] = "the cohort's calls carry no alleles"
        elif row["n_of_build"] == 0:
            reason[cohort == cohort_id] = f"the cohort's calls are not of {ncbi_build}"
    counted = reason.index[reason.isna()]
    counts = spectra.counts.reindex(counted).fillna(0).astype("int64")
    protein_only = [
        str(cohort_id)
        for cohort_id, row in sets.iterrows()
        if not row["lists_silent_calls"] and (cohort[counted] == cohort_id).any()
    ]
    warnings = list(spectra.warnings)
    if protein_only:
        warnings.append(
            f"{', '.join(protein_only)} list calls that change the protein only: their spectra lack the channels in "
            "which silent ones are common."
        )
    return Spectra(counts, spectra.left_out, spectra.genome, tuple(warnings)), reason.dropna()


def published_exposures(
    con: duckdb.DuckDBPyConnection, cohort_ids: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Published exposures [sample key, signature] with zeros filled in, and ``n_mutations`` and
    ``cosine_similarity`` of each sample; empty when the cohorts have none."""
    listed = _listed(con, cohort_ids, "exposures")
    cells = frame_of(
        con.execute(
            "select cohort_id || '/' || sample_id as sample_key, signature, n_mutations from marts.published_exposures "
            "where list_contains(?, cohort_id)",
            [list(cohort_ids)],
        )
    )
    wide = cells.pivot(index="sample_key", columns="signature", values="n_mutations")
    return wide.reindex(listed.index).fillna(0.0), listed


def signature_profiles(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Every row of marts.signature_profiles."""
    return frame_of(con.execute("select * from marts.signature_profiles"))


def _listed(con: duckdb.DuckDBPyConnection, cohort_ids: Sequence[str], table_kind: str) -> pd.DataFrame:
    return frame_of(
        con.execute(
            "select cohort_id || '/' || sample_id as sample_key, n_mutations, cosine_similarity "
            "from marts.signature_samples where list_contains(?, cohort_id) and table_kind = ? order by 1",
            [list(cohort_ids), table_kind],
        )
    ).set_index("sample_key")
