with source as (

    select * from {{ source('raw', 'column_maps') }}

)

select
    cohort_id,
    file_id,
    try_cast(file_order as bigint) as file_order,
    column_name,
    try_cast(column_order as bigint) as column_order,
    choice,
    attribute,
    level,
    type,
    unit,
    attribute_unit,
    pattern,
    decimal,
    try_cast(range_low as double) as range_low,
    try_cast(range_high as double) as range_high
from source
