with source as (

    select * from {{ source('raw', 'expression') }}

)

select
    cohort_id,
    source_file_id,
    try_cast(source_row as bigint) as source_row,
    sample_id,
    sample_raw,
    gene,
    value as value_raw,
    {{ to_double('value', 'decimal') }} as value,
    unit,
    pipeline,
    decimal
from source
