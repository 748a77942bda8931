-- Every sample that any file names, with its patient: from the clinical tables, else as the mutation table's own
-- rule says, else because sample and patient carry the same identifier.
with clinical as (

    select
        cohort_id,
        patient_id,
        sample_id,
        {{ place('source_file_id', 'source_row') }} as place,
        1 as preference
    from {{ ref('stg_clinical_values') }}
    where sample_id is not null

),

profiled as (

    select
        cohort_id,
        patient_id,
        sample_id,
        {{ place('source_file_id', 'source_row') }} as place,
        2 as preference
    from {{ ref('stg_profiled_samples') }}

),

called as (

    select
        cohort_id,
        max(patient_id) as patient_id,
        sample_id,
        min({{ place('source_file_id', 'source_row') }}) as place,
        3 as preference
    from {{ ref('stg_mutations') }}
    where sample_id is not null
    group by cohort_id, sample_id

),

named as (

    select * from clinical
    union all
    select * from profiled
    union all
    select * from called

),

patients as (

    select
        cohort_id,
        patient_id
    from {{ ref('int_patients') }}

),

samples as (

    select
        cohort_id,
        sample_id,
        min(case when patient_id is not null then preference end) as patient_preference,
        min(preference) as preference
    from named
    group by cohort_id, sample_id

),

with_patient as (

    select
        samples.cohort_id,
        samples.sample_id,
        min(by_file.patient_id) as named_patient_id
    from samples
    left join named as by_file
        on
            samples.cohort_id = by_file.cohort_id
            and samples.sample_id = by_file.sample_id
            and samples.patient_preference = by_file.preference
    group by samples.cohort_id, samples.sample_id

),

with_source as (

    select
        samples.cohort_id,
        samples.sample_id,
        min(named.place) as place
    from samples
    inner join named
        on
            samples.cohort_id = named.cohort_id
            and samples.sample_id = named.sample_id
            and samples.preference = named.preference
    group by samples.cohort_id, samples.sample_id

)

select
    with_patient.cohort_id,
    with_patient.sample_id,
    patients.patient_id,
    {{ place_file('with_source.place') }} as source_file_id,
    {{ place_row('with_source.place') }} as source_row,
    patients.patient_id is null as is_orphan
from with_patient
inner join with_source
    on with_patient.cohort_id = with_source.cohort_id and with_patient.sample_id = with_source.sample_id
left join patients
    on
        with_patient.cohort_id = patients.cohort_id
        and coalesce(with_patient.named_patient_id, with_patient.sample_id) = patients.patient_id
