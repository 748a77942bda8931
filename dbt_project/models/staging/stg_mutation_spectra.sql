with source as (

    select * from {{ source('raw', 'mutation_spectra') }}

)

select
    cohort_id,
    source_file_id,
    try_cast(source_row as bigint) as source_row,
    sample_id,
    channel,
    {{ to_bigint('n_mutations') }} as n_mutations
from source
