with source as (

    select * from {{ source('raw', 'cohort_files') }}

)

select
    cohort_id,
    file_id,
    try_cast(file_order as bigint) as file_order
from source
