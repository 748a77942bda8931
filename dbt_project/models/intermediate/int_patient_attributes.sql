-- One value an attribute and patient: the first file of the catalogue's entry wins, then the first row. A value of a
-- sample counts for its patient where the patient has none of its own.
with attributes as (

    select * from {{ ref('int_clinical_attributes') }} where problem is null

),

samples as (

    select
        cohort_id,
        sample_id,
        patient_id
    from {{ ref('int_samples') }}

),

of_patients as (

    select
        attributes.*,
        coalesce(attributes.patient_id, samples.patient_id) as resolved_patient_id
    from attributes
    left join samples
        on attributes.cohort_id = samples.cohort_id and attributes.sample_id = samples.sample_id

),

ranked as (

    select
        of_patients.*,
        row_number() over (
            partition by cohort_id, resolved_patient_id, attribute
            order by
                file_order,
                case when (sample_id is null) = (attribute_level = 'patient') then 0 else 1 end,
                source_row,
                column_name
        ) as place
    from of_patients
    where resolved_patient_id is not null

)

select
    cohort_id,
    resolved_patient_id as patient_id,
    attribute,
    attribute_type,
    value_text,
    value_number,
    value_raw,
    value_number_raw,
    unit_raw,
    column_name,
    source_file_id,
    source_row
from ranked
where place = 1
