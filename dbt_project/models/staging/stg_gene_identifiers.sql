with source as (

    select * from {{ source('raw', 'gene_identifiers') }}

)

select
    source_file_id,
    try_cast(source_row as bigint) as source_row,
    hugo_symbol,
    {{ to_bigint('entrez_gene_id') }} as entrez_gene_id,
    ensembl_gene_id
from source
