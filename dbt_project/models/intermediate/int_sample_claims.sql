-- Every statement that a sample exists, and whose it is: from the clinical tables, the lists of sequenced samples, and the
-- mutation tables' own rule. place is the order in which they are believed: clinical tables first, then lists, then calls,
-- each in the order of the cohort's files; those without a patient come last.
with file_orders as (

    select
        files.cohort_id,
        files.source_file_id,
        min(orders.file_order) as file_order
    from {{ ref('stg_source_files') }} as files
    inner join {{ ref('stg_cohort_files') }} as orders
        on files.cohort_id = orders.cohort_id and files.file_id = orders.file_id
    group by files.cohort_id, files.source_file_id

),

named as (

    select
        cohort_id,
        sample_id,
        patient_id,
        source_file_id,
        min(source_row) as source_row,
        1 as preference
    from {{ ref('stg_clinical_values') }}
    where sample_id is not null
    group by cohort_id, sample_id, patient_id, source_file_id
    union all
    select
        cohort_id,
        sample_id,
        patient_id,
        source_file_id,
        min(source_row) as source_row,
        2 as preference
    from {{ ref('stg_profiled_samples') }}
    group by cohort_id, sample_id, patient_id, source_file_id
    union all
    select
        cohort_id,
        sample_id,
        patient_id,
        source_file_id,
        min(source_row) as source_row,
        3 as preference
    from {{ ref('stg_mutations') }}
    where sample_id is not null
    group by cohort_id, sample_id, patient_id, source_file_id

),

ordered as (

    select
        named.*,
        file_orders.file_order
    from named
    left join file_orders
        on named.cohort_id = file_orders.cohort_id and named.source_file_id = file_orders.source_file_id

)

select
    cohort_id,
    sample_id,
    patient_id,
    source_file_id,
    source_row,
    preference,
    cast(row_number() over (
        partition by cohort_id, sample_id
        order by
            case when patient_id is null then 1 else 0 end asc,
            preference asc,
            file_order asc nulls last,
            source_row asc nulls last,
            source_file_id asc nulls last,
            patient_id asc nulls last
    ) as bigint) as place,
    cast(row_number() over (
        partition by cohort_id, sample_id
        order by
            preference asc,
            file_order asc nulls last,
            source_row asc nulls last,
            source_file_id asc nulls last,
            patient_id asc nulls last
    ) as bigint) as source_place
from ordered
