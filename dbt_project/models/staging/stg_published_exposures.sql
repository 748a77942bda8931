with source as (

    select * from {{ source('raw', 'published_exposures') }}

)

select
    cohort_id,
    source_file_id,
    try_cast(source_row as bigint) as source_row,
    sample_id,
    signature,
    try_cast(n_mutations as double) as n_mutations
from source
