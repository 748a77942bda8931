with source as (

    select * from {{ source('raw', 'copy_number') }}

)

select
    cohort_id,
    source_file_id,
    try_cast(source_row as bigint) as source_row,
    sample_id,
    hugo_symbol,
    try_cast(entrez_gene_id as bigint) as entrez_gene_id,
    try_cast(value as double) as copy_number_level
from source
