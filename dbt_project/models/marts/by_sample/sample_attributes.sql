-- Clinical attributes of a sample, one row a sample and attribute: the sample's own value, else its patient's. Outcomes
-- are in survival_outcomes and response_outcomes, treatment in treatments.
with samples as (

    select * from {{ ref('samples') }}

),

known as (

    select
        samples.cohort_id,
        samples.patient_id,
        samples.person_id,
        samples.sample_id,
        own.attribute,
        own.attribute_type,
        'sample' as level,
        own.value_text,
        own.value_number,
        own.value_raw,
        own.column_name,
        own.source_file_id,
        own.source_row
    from samples
    inner join {{ ref('int_sample_attributes') }} as own
        on samples.cohort_id = own.cohort_id and samples.sample_id = own.sample_id
    union all
    select
        samples.cohort_id,
        samples.patient_id,
        samples.person_id,
        samples.sample_id,
        shared.attribute,
        shared.attribute_type,
        'patient' as level,
        shared.value_text,
        shared.value_number,
        shared.value_raw,
        shared.column_name,
        shared.source_file_id,
        shared.source_row
    from samples
    inner join {{ ref('int_patient_attributes') }} as shared
        on samples.cohort_id = shared.cohort_id and samples.patient_id = shared.patient_id

),

ordered as (

    select
        known.*,
        row_number() over (
            partition by cohort_id, sample_id, attribute
            order by case when level = 'sample' then 0 else 1 end asc nulls last
        ) as place
    from known

)

select
    cohort_id,
    patient_id,
    person_id,
    sample_id,
    attribute,
    attribute_type,
    level,
    case when attribute_type <> 'number' then value_text end as value_text,
    value_number,
    value_raw,
    column_name,
    source_file_id,
    source_row
from ordered
where place = 1 and attribute_type in ('number', 'word', 'text')
