with source as (

    select * from {{ source('raw', 'structural_variants') }}

)

select
    cohort_id,
    source_file_id,
    try_cast(source_row as bigint) as source_row,
    sample_id,
    sv_status,
    site1_hugo_symbol,
    {{ to_bigint('site1_entrez_gene_id') }} as site1_entrez_gene_id,
    site1_chromosome,
    {{ to_bigint('site1_position') }} as site1_position,
    site2_hugo_symbol,
    {{ to_bigint('site2_entrez_gene_id') }} as site2_entrez_gene_id,
    site2_chromosome,
    {{ to_bigint('site2_position') }} as site2_position,
    effect_on_frame,
    sv_class,
    event_info,
    dna_support,
    rna_support,
    ncbi_build
from source
