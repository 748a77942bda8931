with source as (

    select * from {{ source('raw', 'clinical_values') }}

)

select
    cohort_id,
    file_id,
    source_file_id,
    try_cast(source_row as bigint) as source_row,
    level,
    patient_id,
    sample_id,
    column_name,
    value_raw,
    value
from source
