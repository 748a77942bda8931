-- One value an attribute and sample: the sample's own, else its patient's.
with attributes as (

    select * from {{ ref('int_clinical_attributes') }}
    where problem is null and attribute_level = 'sample'

),

samples as (

    select
        cohort_id,
        sample_id,
        patient_id
    from {{ ref('int_samples') }}

),

candidates as (

    select
        samples.cohort_id as sample_cohort_id,
        samples.sample_id as attributed_sample_id,
        attributes.*,
        0 as distance
    from samples
    inner join attributes
        on samples.cohort_id = attributes.cohort_id and samples.sample_id = attributes.sample_id
    union all
    select
        samples.cohort_id as sample_cohort_id,
        samples.sample_id as attributed_sample_id,
        attributes.*,
        1 as distance
    from samples
    inner join attributes
        on
            samples.cohort_id = attributes.cohort_id
            and samples.patient_id = attributes.patient_id
            and attributes.sample_id is null

),

ranked as (

    select
        candidates.*,
        row_number() over (
            partition by sample_cohort_id, attributed_sample_id, attribute
            order by distance, file_order, source_row, column_name
        ) as place
    from candidates

)

select
    sample_cohort_id as cohort_id,
    attributed_sample_id as sample_id,
    attribute,
    attribute_type,
    value_text,
    value_number,
    value_raw,
    column_name,
    source_file_id,
    source_row
from ranked
where place = 1
