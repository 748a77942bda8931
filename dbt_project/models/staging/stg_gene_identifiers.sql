with source as (

    select * from {{ source('raw', 'gene_identifiers') }}

)

select
    source_file_id,
    try_cast(source_row as bigint) as source_row,
    hugo_symbol,
    try_cast(entrez_gene_id as bigint) as entrez_gene_id,
    ensembl_gene_id
from source
