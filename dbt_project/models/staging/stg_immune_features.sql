with source as (

    select * from {{ source('raw', 'immune_features') }}

)

select
    cohort_id,
    source_file_id,
    try_cast(source_row as bigint) as source_row,
    sample_id,
    aliquot_raw,
    column_name,
    feature,
    value as value_raw,
    {{ to_double('value', 'decimal') }} as value,
    source_label,
    decimal
from source
