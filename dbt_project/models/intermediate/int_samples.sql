-- Every sample that any file names, with its patient: as the first file that names one says (int_sample_claims), else
-- because sample and patient carry the same identifier. Where a file gives the patient samples of other names, the
-- patient's name in a table says that one of them is meant, not which: it is nobody's (int_sample_likenesses).
with claims as (

    select * from {{ ref('int_sample_claims') }}

),

patients as (

    select
        cohort_id,
        patient_id
    from {{ ref('int_patients') }}

),

named_otherwise as (

    select distinct
        cohort_id,
        patient_id
    from claims
    where patient_id is not null and sample_id <> patient_id

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
left join named_otherwise
    on
        first_source.cohort_id = named_otherwise.cohort_id
        and first_source.sample_id = named_otherwise.patient_id
        and first_patient.patient_id is null
left join patients
    on
        first_source.cohort_id = patients.cohort_id
        and coalesce(first_patient.patient_id, first_source.sample_id) = patients.patient_id
        and named_otherwise.patient_id is null
where first_source.source_place = 1
