-- Every sample that any file names, with its patient: as the first file that names one says (int_sample_claims), else
-- because sample and patient carry the same identifier.
with claims as (

    select * from {{ ref('int_sample_claims') }}

),

patients as (

    select
        cohort_id,
        patient_id
    from {{ ref('int_patients') }}

)

select
    first_source.cohort_id,
    first_source.sample_id,
    patients.patient_id,
    first_source.source_file_id,
    first_source.source_row,
    patients.patient_id is null as is_orphan
from claims as first_source
inner join claims as first_patient
    on
        first_source.cohort_id = first_patient.cohort_id
        and first_source.sample_id = first_patient.sample_id
        and first_patient.place = 1
left join patients
    on
        first_source.cohort_id = patients.cohort_id
        and coalesce(first_patient.patient_id, first_source.sample_id) = patients.patient_id
where first_source.source_place = 1
