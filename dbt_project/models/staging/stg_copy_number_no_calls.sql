with source as (

    select * from {{ source('raw', 'copy_number_no_calls') }}

)

select
    cohort_id,
    source_file_id,
    try_cast(source_row as bigint) as source_row,
    sample_id,
    hugo_symbol,
    {{ to_bigint('entrez_gene_id') }} as entrez_gene_id,
    value as value_raw,
    {{ to_double('value') }} as copy_number_level
from source
