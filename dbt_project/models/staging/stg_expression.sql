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
    -- a decimal comma is the only comma an expression table has
    try_cast(replace(value, ',', '.') as double) as value,
    unit,
    pipeline
from source
