with source as (

    select * from {{ source('raw', 'gene_sets') }}

)

select
    source_file_id,
    try_cast(source_row as bigint) as source_row,
    gene_set_id,
    collection,
    title,
    citation,
    version,
    gene_raw,
    gene
from source
