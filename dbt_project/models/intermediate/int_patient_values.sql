-- Every understood value that a patient has, the one that counts first (place 1): of the cohort's first file, there of the
-- column that is asked first (declared, own name, synonyms as they are listed; never the alphabet), there the value of
-- the attribute's own level, then of the first row. A value of a sample counts for its patient, too.
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
        attributes.cohort_id,
        coalesce(attributes.patient_id, samples.patient_id) as patient_id,
        attributes.sample_id,
        attributes.attribute,
        attributes.attribute_level,
        attributes.attribute_type,
        attributes.endpoint,
        attributes.value_text,
        attributes.value_number,
        attributes.value_step,
        attributes.value_raw,
        attributes.value_number_raw,
        attributes.unit_raw,
        attributes.file_order,
        attributes.column_name,
        attributes.column_order,
        attributes.choice,
        (attributes.sample_id is null) = (attributes.attribute_level = 'patient') as is_own_level,
        attributes.source_file_id,
        attributes.source_row
    from attributes
    left join samples
        on attributes.cohort_id = samples.cohort_id and attributes.sample_id = samples.sample_id

)

select
    of_patients.*,
    cast(row_number() over (
        partition by cohort_id, patient_id, attribute
        order by
            file_order asc nulls last,
            column_order asc nulls last,
            case when is_own_level then 0 else 1 end asc,
            source_row asc nulls last,
            source_file_id asc nulls last,
            value_raw asc nulls last,
            sample_id asc nulls last  -- one row may name several samples of a patient
    ) as bigint) as place
from of_patients
where patient_id is not null
