-- Response by three rules side by side. RECIST: CR or PR of those evaluable. PredictioR (BHKLAB, Get_Response): as
-- RECIST, and stable disease counts by progression-free time around 6 months. iAtlas: CR or PR against SD or PD.
with attributes as (

    select * from {{ ref('int_patient_attributes') }}

),

patients as (

    select distinct
        cohort_id,
        patient_id
    from attributes
    where attribute in ('BEST_RESPONSE', 'DURABLE_CLINICAL_BENEFIT')

),

best as (

    select * from attributes where attribute = 'BEST_RESPONSE'

),

durable as (

    select * from attributes where attribute = 'DURABLE_CLINICAL_BENEFIT'

),

progression as (

    select
        cohort_id,
        patient_id,
        time_months,
        is_event
    from {{ ref('survival_outcomes') }}
    where endpoint = 'PFS'

)

select
    patients.cohort_id,
    patients.patient_id,
    persons.person_id,
    best.value_raw as response_raw,
    best.value_text as recist,
    case
        when best.value_text in ('CR', 'PR') then true
        when best.value_text in ('SD', 'PD', 'SD/PD', 'MR') then false
    end as is_objective_response,
    case
        when best.value_text in ('CR', 'PR', 'SD') then true
        when best.value_text = 'PD' then false
    end as is_disease_control,
    case
        when durable.value_text = 'yes' then true
        when durable.value_text = 'no' then false
    end as has_durable_benefit,
    durable.value_raw as durable_benefit_raw,
    case
        when best.value_text in ('CR', 'PR') then true
        when best.value_text = 'PD' then false
        when
            (best.value_text = 'SD' or best.value_text is null)
            and progression.time_months <= 6 and progression.is_event
            then false
        when
            (best.value_text = 'SD' or best.value_text is null)
            and progression.time_months >= 6 and not progression.is_event
            then true
    end as is_predictior_responder,
    case
        when best.value_text in ('CR', 'PR') then true
        when best.value_text in ('SD', 'PD', 'SD/PD') then false
    end as is_iatlas_responder,
    coalesce(best.source_file_id, durable.source_file_id) as source_file_id,
    coalesce(best.source_row, durable.source_row) as source_row
from patients
inner join {{ ref('int_persons') }} as persons
    on patients.cohort_id = persons.cohort_id and patients.patient_id = persons.patient_id
left join best on patients.cohort_id = best.cohort_id and patients.patient_id = best.patient_id
left join durable on patients.cohort_id = durable.cohort_id and patients.patient_id = durable.patient_id
left join progression
    on patients.cohort_id = progression.cohort_id and patients.patient_id = progression.patient_id
