-- What is known of each patient on one row: the sample that counts, treatment, response, every endpoint, burden with the
-- reason where there is none, which assays there are, and which row of a person in several cohorts counts first.
with index_samples as (

    select * from {{ ref('samples') }} where is_index

),

calls as (

    select
        cohort_id,
        sample_id,
        count(*) as n_calls
    from {{ ref('mutations') }}
    group by cohort_id, sample_id

),

burdens as (

    select * from {{ ref('burdens') }} where measure = 'tmb' and is_compared

),

rna as (

    select * from {{ ref('rna_samples') }} where is_patient_sample

),

segments as (

    select distinct
        cohort_id,
        sample_id
    from {{ ref('copy_number_segments') }}

),

endpoints as (

    select
        cohort_id,
        {% for endpoint in endpoints() %}
            max(case when endpoint = '{{ endpoint }}' then time_months end) as {{ endpoint | lower }}_months,
            max(case when endpoint = '{{ endpoint }}' then cast(is_event as int) end) = 1
                as is_{{ endpoint | lower }}_event,
        {% endfor %}
        patient_id
    from {{ ref('survival_outcomes') }}
    group by cohort_id, patient_id

)

select
    patients.cohort_id,
    patients.patient_id,
    patients.person_id,
    cohorts.precedence,
    cast(row_number() over (
        partition by patients.person_id
        order by cohorts.precedence, patients.cohort_id, patients.patient_id
    ) as bigint) as person_row_number,
    cohorts.is_icb as is_icb_cohort,
    index_samples.sample_id,
    index_samples.is_baseline,
    index_samples.biopsy_time,
    index_samples.sample_type,
    index_samples.sample_site,
    coalesce(index_samples.cancer_type, patients.cancer_type) as cancer_type,
    coalesce(index_samples.oncotree_code, patients.oncotree_code) as oncotree_code,
    patients.sex,
    patients.age_years,
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
    patients.stage,
    patients.primary_site,
    patients.smoking_history,
    patients.ecog,
    patients.is_in_study,
    treatments.drug_class,
    treatments.arm,
    treatments.line_of_treatment,
    -- who is not said to have got one in a cohort of mixed treatment may have got one later: not known
    case
        when cohorts.is_mixed_treatment then treatments.is_icb
        else coalesce(treatments.is_icb, cohorts.is_icb)
    end as is_icb_treated,
    profiling.panel_id,
    profiling.assay_kind,
    coalesce(profiling.is_profiled, false) as is_profiled,
    coalesce(profiling.is_undetermined, false) as is_undetermined,
    profiling.undetermined_reason,
    coalesce(profiling.is_judged, false) as has_dna,
    rna.sample_id is not null as has_rna,
    rna.sample_id as rna_sample_id,
    segments.sample_id is not null as has_copy_number_segments,
    coalesce(calls.n_calls, 0) as n_calls,
    burdens.numerator as n_nonsynonymous,
    burdens.denominator_mb,
    burdens.tmb_mut_per_mb as counted_here_mut_per_mb,
    tmb.tmb_mut_per_mb,
    tmb.assay as tmb_assay,
    tmb.numerator_rule as tmb_rule,
    tmb.percentile_in_assay_and_cancer_type as tmb_percentile_in_assay_and_cancer_type,
    case
        when tmb.tmb_mut_per_mb is not null then null
        when index_samples.sample_id is null then 'no sample'
        when profiling.is_undetermined then profiling.undetermined_reason
        when tmb.sample_id is not null then 'the megabases that were sequenced are not known: counts, no rate'
        when not profiling.is_profiled then 'not sequenced'
        else 'the table lists not every call: no burden is counted'
    end as no_tmb_reason,
    response.response_raw,
    response.recist,
    response.is_objective_response,
    response.is_disease_control,
    response.has_durable_benefit,
    response.is_predictior_responder,
    response.is_iatlas_responder,
    {% for endpoint in endpoints() %}
        endpoints.{{ endpoint | lower }}_months,
        endpoints.is_{{ endpoint | lower }}_event,
    {% endfor %}
    patients.source_file_id,
    patients.source_row
from {{ ref('patients') }} as patients
inner join {{ ref('cohorts') }} as cohorts on patients.cohort_id = cohorts.cohort_id
left join index_samples
    on patients.cohort_id = index_samples.cohort_id and patients.patient_id = index_samples.patient_id
left join {{ ref('treatments') }} as treatments
    on patients.cohort_id = treatments.cohort_id and patients.patient_id = treatments.patient_id
left join {{ ref('profiling') }} as profiling
    on index_samples.cohort_id = profiling.cohort_id and index_samples.sample_id = profiling.sample_id
left join rna on patients.cohort_id = rna.cohort_id and patients.patient_id = rna.patient_id
left join segments
    on index_samples.cohort_id = segments.cohort_id and index_samples.sample_id = segments.sample_id
left join calls on index_samples.cohort_id = calls.cohort_id and index_samples.sample_id = calls.sample_id
left join burdens on index_samples.cohort_id = burdens.cohort_id and index_samples.sample_id = burdens.sample_id
left join {{ ref('tmb') }} as tmb on index_samples.cohort_id = tmb.cohort_id and index_samples.sample_id = tmb.sample_id
left join {{ ref('response_outcomes') }} as response
    on patients.cohort_id = response.cohort_id and patients.patient_id = response.patient_id
left join endpoints
    on patients.cohort_id = endpoints.cohort_id and patients.patient_id = endpoints.patient_id
