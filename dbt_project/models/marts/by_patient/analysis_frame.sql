-- The rows that statistics select their people from: each patient once for every endpoint, with or without follow-up for
-- it, so that who is left out is counted. The status of a gene comes from marts.gene_status, by sample.
with asked as (

    {% for endpoint in endpoints() %}
        select '{{ endpoint }}' as endpoint
        {{ "union all" if not loop.last }}
    {% endfor %}

)

select
    people.cohort_id,
    people.patient_id,
    people.person_id,
    asked.endpoint,
    people.precedence,
    people.is_icb_cohort,
    people.sample_id,
    people.is_baseline,
    people.biopsy_time,
    people.sample_type,
    people.sample_site,
    people.cancer_type,
    people.oncotree_code,
    people.sex,
    people.age_years,
    people.age_group,
    people.stage,
    people.primary_site,
    people.smoking_history,
    people.ecog,
    people.is_in_study,
    people.drug_class,
    people.arm,
    people.line_of_treatment,
    people.is_icb_treated,
    people.panel_id,
    people.assay_kind,
    people.is_profiled,
    people.is_undetermined,
    people.undetermined_reason,
    people.n_calls,
    people.n_nonsynonymous,
    people.denominator_mb,
    people.counted_here_mut_per_mb,
    survival.time_months,
    survival.is_event,
    survival.is_competing_death,
    survival.entry_months,
    survival.origin,
    survival.clock_family,
    people.response_raw,
    people.recist,
    people.is_objective_response,
    people.is_disease_control,
    people.has_durable_benefit,
    people.is_predictior_responder,
    people.is_iatlas_responder,
    survival.source_file_id,
    survival.source_row
from {{ ref('patient_summary') }} as people
cross join asked
left join {{ ref('survival_outcomes') }} as survival
    on
        people.cohort_id = survival.cohort_id
        and people.patient_id = survival.patient_id
        and asked.endpoint = survival.endpoint
