"""From the warehouse to the analysis frame: one row a patient of the cohorts asked for, with gene status,
endpoint, response and covariates. The only place where statistics meet SQL; selection and estimation do not
belong here.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pandas as pd

_STATUS = """
select cohort_id, patient_id, sample_id, panel_id, hugo_symbol, status, n_mutations
from marts.gene_status(?)
"""

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
    coalesce(calls.n_calls, 0) as n_calls,
    counted.n_nonsynonymous, counted.denominator_mb, counted.tmb_mut_per_mb,
    survival.time_months, survival.is_event as event, survival.entry_months, survival.origin,
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
    """One row a patient of ``cohort_ids``; see :data:`analytics.selection.FRAME_COLUMNS`.

    ``status`` is that of the patient's index sample: mutated, wild_type or not_profiled. For each of
    ``other_genes`` a column ``<gene>_mutated`` is added (null where not profiled).
    """
    frame = patient_frame(con, endpoint, cohort_ids)
    frame = _with_status(con, frame, gene)
    for other in other_genes:
        status = _with_status(con, frame[["cohort_id", "sample_id"]], other)["status"]
        frame[f"{other}_mutated"] = status.map({"mutated": True, "wild_type": False}).astype("object")
    return frame


def _with_status(con: duckdb.DuckDBPyConnection, frame: pd.DataFrame, gene: str) -> pd.DataFrame:
    status = con.execute(_STATUS, [gene]).df()[["cohort_id", "sample_id", "status", "n_mutations"]]
    merged = frame.merge(status, on=["cohort_id", "sample_id"], how="left", validate="many_to_one")
    merged["status"] = merged["status"].fillna("not_profiled")
    return merged


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
