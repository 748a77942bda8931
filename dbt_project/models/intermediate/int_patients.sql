-- Every patient that any file names: those with a clinical row, and those who are only on a list of sequenced people.
with clinical as (

    select
        cohort_id,
        patient_id,
        source_file_id,
        source_row,
        case when level = 'patient' then 0 else 1 end as preference
    from {{ ref('stg_clinical_values') }}
    where patient_id is not null

),

listed as (

    select
        cohort_id,
        patient_id,
        source_file_id,
        source_row,
        2 as preference
    from {{ ref('stg_profiled_samples') }}
    where patient_id is not null

),

placed as (

    select
        named.cohort_id,
        named.patient_id,
        named.source_file_id,
        named.source_row,
        row_number() over (
            partition by named.cohort_id, named.patient_id
            order by named.preference, named.source_row, named.source_file_id
        ) as place
    from (
        select distinct * from clinical
        union all
        select distinct * from listed
    ) as named

)

select
    cohort_id,
    patient_id,
    source_file_id,
    source_row
from placed
where place = 1
