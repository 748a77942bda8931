-- Every understood value of a sample's attribute, the one that counts first (place 1): the sample's own before its
-- patient's, then as for patients (int_patient_values).
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
        samples.cohort_id as of_cohort_id,
        samples.sample_id as of_sample_id,
        samples.patient_id as of_patient_id,
        attributes.*,
        true as is_own_level
    from samples
    inner join attributes
        on samples.cohort_id = attributes.cohort_id and samples.sample_id = attributes.sample_id
    union all
    select
        samples.cohort_id as of_cohort_id,
        samples.sample_id as of_sample_id,
        samples.patient_id as of_patient_id,
        attributes.*,
        false as is_own_level
    from samples
    inner join attributes
        on
            samples.cohort_id = attributes.cohort_id
            and samples.patient_id = attributes.patient_id
            and attributes.sample_id is null

)

select
    of_cohort_id as cohort_id,
    of_patient_id as patient_id,
    of_sample_id as sample_id,
    attribute,
    attribute_type,
    value_text,
    value_number,
    value_step,
    value_raw,
    unit_raw,
    file_order,
    column_name,
    column_order,
    choice,
    is_own_level,
    source_file_id,
    source_row,
    cast(row_number() over (
        partition by of_cohort_id, of_sample_id, attribute
        order by
            case when is_own_level then 0 else 1 end asc,
            file_order asc nulls last,
            column_order asc nulls last,
            source_row asc nulls last,
            source_file_id asc nulls last,
            value_raw asc nulls last
    ) as bigint) as place
from candidates
