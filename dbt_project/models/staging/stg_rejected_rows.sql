with source as (

    select * from {{ source('raw', 'rejected_rows') }}

)

select
    cohort_id,
    source_file_id,
    try_cast(source_row as bigint) as source_row,
    rule_id,
    column_name,
    value,
    message,
    raw_table,
    is_lost = 'true' as is_lost,
    {{ to_bigint('n_rows') }} as n_rows
from source
