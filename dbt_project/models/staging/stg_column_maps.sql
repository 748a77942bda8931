with source as (

    select * from {{ source('raw', 'column_maps') }}

)

select
    cohort_id,
    file_id,
    try_cast(file_order as bigint) as file_order,
    column_name,
    attribute,
    level,
    type,
    unit,
    pattern,
    decimal
from source
