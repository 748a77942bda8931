with source as (

    select * from {{ source('raw', 'case_lists') }}

)

select
    cohort_id,
    source_file_id,
    try_cast(source_row as bigint) as source_row,
    list_id,
    list_category,
    sample_id
from source
