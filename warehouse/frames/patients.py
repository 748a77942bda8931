"""From the warehouse to the analysis frame: one row a patient of the cohorts asked for, with gene status,
endpoint, response and covariates. The only place where statistics meet SQL; selection and estimation do not
belong here.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pandas as pd

from analytics.questions.selection import NOT_PROFILED, UNDETERMINED

_STATUS = "select cohort_id, sample_id, status, status_reason, n_mutations from marts.gene_status(?)"

#: Rows that could be a gene and are not understood, of samples that can be judged as a whole. A counted call of the
#: gene beside them still makes mutated.
_UNDETERMINED = """
select undetermined.cohort_id, undetermined.sample_id, undetermined.hugo_symbol as gene,
    min(undetermined.status_reason) as status_reason
from marts.undetermined_genes as undetermined
where list_contains($cohorts, undetermined.cohort_id)
    and ($all_genes or list_contains($genes, undetermined.hugo_symbol))
group by undetermined.cohort_id, undetermined.sample_id, undetermined.hugo_symbol
order by undetermined.cohort_id, undetermined.sample_id, undetermined.hugo_symbol
"""

#: Why a patient without a row of gene_status has none.
NO_SAMPLE = "no sample"

_FRAME = """
with index_samples as (
    select * from marts.samples where is_index
),
calls as (
    select cohort_id, sample_id, count(*) as n_calls from marts.mutations group by cohort_id, sample_id
),
counted as (
    select cohort_id, sample_id, numerator as n_nonsynonymous, denominator_mb, tmb_mut_per_mb
    from marts.burdens
    where measure = 'tmb' and numerator_rule = 'non-synonymous calls counted here'
)
select
    patients.cohort_id, patients.patient_id, patients.person_id, cohorts.precedence, cohorts.is_icb as is_icb_cohort,
    index_samples.sample_id, index_samples.is_baseline, index_samples.biopsy_time, index_samples.sample_type,
    index_samples.sample_site,
    coalesce(index_samples.cancer_type, patients.cancer_type) as cancer_type,
    coalesce(index_samples.oncotree_code, patients.oncotree_code) as oncotree_code,
    patients.sex, patients.age_years,
    -- Samstein 2019 gives bands only: ages are put into the same bands so that cohorts can be adjusted together
    coalesce(
        patients.age_group,
        case
            when patients.age_years <= 30 then '<30'
            when patients.age_years <= 50 then '31-50'
            when patients.age_years <= 60 then '50-60'
            when patients.age_years <= 70 then '61-70'
            when patients.age_years > 70 then '>71'
        end
    ) as age_group,
    patients.stage, patients.primary_site,
    patients.smoking_history, patients.ecog, patients.is_in_study,
    treatments.drug_class, treatments.arm, treatments.line_of_treatment,
    coalesce(treatments.is_icb, cohorts.is_icb) as is_icb_treated,
    profiling.panel_id, profiling.assay_kind, coalesce(profiling.is_profiled, false) as is_profiled,
    coalesce(profiling.is_undetermined, false) as is_undetermined, profiling.undetermined_reason,
    coalesce(calls.n_calls, 0) as n_calls,
    counted.n_nonsynonymous, counted.denominator_mb, counted.tmb_mut_per_mb,
    survival.time_months, survival.is_event as event, survival.entry_months, survival.origin,
    survival.clock_family,
    survival.source_file_id, survival.source_row,
    response.response_raw, response.recist, response.is_objective_response as orr, response.is_disease_control as dcr,
    response.has_durable_benefit as durable_benefit, response.is_predictior_responder as predictior,
    response.is_iatlas_responder as iatlas
from marts.patients as patients
inner join marts.cohorts as cohorts on patients.cohort_id = cohorts.cohort_id
left join index_samples
    on patients.cohort_id = index_samples.cohort_id and patients.patient_id = index_samples.patient_id
left join marts.treatments as treatments
    on patients.cohort_id = treatments.cohort_id and patients.patient_id = treatments.patient_id
left join marts.profiling as profiling
    on index_samples.cohort_id = profiling.cohort_id and index_samples.sample_id = profiling.sample_id
left join calls on index_samples.cohort_id = calls.cohort_id and index_samples.sample_id = calls.sample_id
left join counted on index_samples.cohort_id = counted.cohort_id and index_samples.sample_id = counted.sample_id
left join marts.survival_outcomes as survival
    on patients.cohort_id = survival.cohort_id and patients.patient_id = survival.patient_id
    and survival.endpoint = $endpoint
left join marts.response_outcomes as response
    on patients.cohort_id = response.cohort_id and patients.patient_id = response.patient_id
where list_contains($cohorts, patients.cohort_id)
order by patients.cohort_id, patients.patient_id
"""


def patient_frame(con: duckdb.DuckDBPyConnection, endpoint: str, cohort_ids: Sequence[str]) -> pd.DataFrame:
    """One row a patient of ``cohort_ids`` with endpoint, response, covariates and burden; no gene's status."""
    return con.execute(_FRAME, {"endpoint": endpoint, "cohorts": list(cohort_ids)}).df()


def analysis_frame(
    con: duckdb.DuckDBPyConnection,
    gene: str,
    endpoint: str,
    cohort_ids: Sequence[str],
    other_genes: Sequence[str] = (),
) -> pd.DataFrame:
    """One row a patient of ``cohort_ids``; see :data:`analytics.questions.selection.FRAME_COLUMNS`.

    ``status`` is that of the patient's index sample: mutated, wild_type, not_profiled or undetermined, the last two
    with a ``status_reason``. For each of ``other_genes`` a column ``<gene>_mutated`` is added (null in the last two).
    """
    frame = patient_frame(con, endpoint, cohort_ids)
    frame = _with_status(con, frame, gene)
    for other in other_genes:
        status = _with_status(con, frame[["cohort_id", "sample_id"]], other)["status"]
        frame[f"{other}_mutated"] = status.map({"mutated": True, "wild_type": False}).astype("object")
    return frame


def _with_status(con: duckdb.DuckDBPyConnection, frame: pd.DataFrame, gene: str) -> pd.DataFrame:
    status = con.execute(_STATUS, [gene]).df()
    merged = frame.merge(status, on=["cohort_id", "sample_id"], how="left", validate="many_to_one")
    is_absent = merged["status"].isna()
    merged["status_reason"] = merged["status_reason"].astype(object).mask(is_absent, NO_SAMPLE)
    merged["status"] = merged["status"].mask(is_absent, NOT_PROFILED)
    return merged


def sequenced_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame of :func:`patient_frame` with what can be said of a sample before any gene is named: ``status`` is
    not_profiled, undetermined, or null where each gene has its own."""
    is_undetermined = frame["is_undetermined"].astype(bool)
    is_absent = ~frame["is_profiled"].astype(bool) & ~is_undetermined
    status = pd.Series(None, index=frame.index, dtype=object)
    reason = frame["undetermined_reason"].astype(object).where(is_undetermined, None)
    return frame.assign(
        status=status.mask(is_absent, NOT_PROFILED).mask(is_undetermined, UNDETERMINED),
        status_reason=reason.mask(is_absent, "not sequenced"),
        n_mutations=0,
    )


def undetermined_genes(
    con: duckdb.DuckDBPyConnection, cohort_ids: Sequence[str], genes: Sequence[str] | None = None
) -> pd.DataFrame:
    """One row a sample and gene that a row of the sample could be and that is not understood: cohort_id, sample_id,
    gene, status_reason; of all genes or of some. Samples that cannot be judged as a whole are in
    ``marts.profiling.is_undetermined`` instead."""
    values = {"cohorts": list(cohort_ids), "all_genes": genes is None, "genes": list(genes or ())}
    return con.execute(_UNDETERMINED, values).df()


def resolve_gene(con: duckdb.DuckDBPyConnection, gene: str) -> str | None:
    """The warehouse's symbol for a gene or one of its aliases; None when no panel and no exome knows it."""
    row = con.execute(
        """
        select hugo_symbol from (
            select hugo_symbol, 0 as distance from marts.gene_panels where upper(hugo_symbol) = upper($gene)
            union all
            select hugo_symbol, 1 from marts.gene_panels where upper(hugo_symbol_raw) = upper($gene)
            union all
            select hugo_symbol, 2 from marts.mutations where upper(hugo_symbol_raw) = upper($gene)
        ) order by distance, hugo_symbol limit 1
        """,
        {"gene": gene},
    ).fetchone()
    return str(row[0]) if row else None
