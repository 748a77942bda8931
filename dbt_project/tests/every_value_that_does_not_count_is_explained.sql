-- A clinical value that does not count says what the one says that does, or the difference is a row of contradictions, or
-- its endpoint's missing half is one of rejected_rows.
{{ config(meta={'dagster': {'ref': {'name': 'clinical_values'}}}) }}
with told as (

    select
        cohort_id,
        'patient' as level,
        patient_id as id,
        attribute
    from {{ ref('contradictions') }}
    union
    -- a sample that a second row gives to another patient: its values are told of the sample
    select
        cohort_id,
        'sample' as level,
        sample_id as id,
        attribute
    from {{ ref('contradictions') }}
    where sample_id is not null

),

halves as (

    select
        cohort_id,
        count(*) as n
    from {{ ref('rejected_rows') }}
    where rule_id in ('time_without_status', 'status_without_time')
    group by cohort_id

),

counting as (

    select
        cohort_id,
        patient_id,
        attribute,
        {{ spelling_key('value_text') }} as spelling
    from {{ ref('clinical_values') }}
    where fate = 'counts'
    group by cohort_id, patient_id, attribute, {{ spelling_key('value_text') }}

)

select
    unused.cohort_id,
    unused.patient_id,
    unused.sample_id,
    unused.attribute,
    unused.value_raw,
    unused.fate
from {{ ref('clinical_values') }} as unused
left join told
    on
        unused.cohort_id = told.cohort_id
        and unused.attribute = told.attribute
        and told.level = 'patient'
        and unused.patient_id = told.id
left join told as told_of_sample
    on
        unused.cohort_id = told_of_sample.cohort_id
        and unused.attribute = told_of_sample.attribute
        and told_of_sample.level = 'sample'
        and unused.sample_id = told_of_sample.id
left join counting
    on
        unused.cohort_id = counting.cohort_id
        and unused.patient_id = counting.patient_id
        and unused.attribute = counting.attribute
        and {{ spelling_key('unused.value_text') }} = counting.spelling
left join halves on unused.cohort_id = halves.cohort_id
where
    (unused.fate = 'another value counts' and told.attribute is null and told_of_sample.attribute is null)
    or (unused.fate = 'half of an endpoint' and halves.n is null)
    or (
        unused.fate = 'repeats what counts'
        and unused.value_number is null
        and counting.attribute is null and told.attribute is null and told_of_sample.attribute is null
    )
