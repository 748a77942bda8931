with patients as (

    select
        cohort_id,
        count(*) as n_patients
    from {{ ref('patients') }}
    group by cohort_id

),

profiled as (

    select
        cohort_id,
        count(distinct patient_id) as n_patients_profiled
    from {{ ref('profiling') }}
    where is_profiled
    group by cohort_id

)

select
    cohorts.cohort_id,
    cohorts.title,
    cohorts.citation,
    cohorts.pmid,
    cohorts.doi,
    cohorts.licence,
    cohorts.is_icb,
    cohorts.is_mixed_treatment,
    cohorts.is_linkable,
    cohorts.may_overlap,
    cohorts.overlap_evidence,
    cohorts.is_synthetic,
    cohorts.precedence,
    cohorts.assay_name,
    cohorts.assay_kind,
    cohorts.assay_size_mb,
    cohorts.known_missing,
    coalesce(patients.n_patients, 0) as n_patients,
    coalesce(profiled.n_patients_profiled, 0) as n_patients_profiled
from {{ ref('stg_cohorts') }} as cohorts
left join patients on cohorts.cohort_id = patients.cohort_id
left join profiled on cohorts.cohort_id = profiled.cohort_id
