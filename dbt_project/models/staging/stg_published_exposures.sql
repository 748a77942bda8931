with source as (

    select * from {{ source('raw', 'published_exposures') }}

)

select
    cohort_id,
    source_file_id,
    try_cast(source_row as bigint) as source_row,
    sample_id,
    signature,
    {{ to_double('n_mutations') }} as n_mutations
from source
