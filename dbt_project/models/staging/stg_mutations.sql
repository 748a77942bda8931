with source as (

    select * from {{ source('raw', 'mutations') }}

)

select
    cohort_id,
    file_id,
    source_file_id,
    try_cast(source_row as bigint) as source_row,
    patient_id,
    sample_id,
    {{ trimmed('hugo_symbol') }} as hugo_symbol,
    nullif(greatest({{ to_bigint('entrez_gene_id') }}, 0), 0) as entrez_gene_id,
    ncbi_build,
    {{ bare_chromosome('chromosome') }} as chromosome,
    {{ to_position('start_position') }} as start_position,
    {{ to_position('end_position') }} as end_position,
    start_position as start_position_raw,
    variant_classification,
    variant_type,
    nullif(nullif(upper({{ trimmed('reference_allele') }}), '.'), '') as reference_allele,
    nullif(nullif(upper({{ trimmed('tumor_seq_allele1') }}), '.'), '') as tumor_seq_allele1,
    nullif(nullif(upper({{ trimmed('tumor_seq_allele2') }}), '.'), '') as tumor_seq_allele2,
    hgvsp_short,
    hgvsc,
    {{ to_bigint('t_ref_count') }} as t_ref_count,
    {{ to_bigint('t_alt_count') }} as t_alt_count,
    {{ to_bigint('t_depth') }} as t_depth,
    {{ to_double("replace(variant_allele_fraction, ',', '.')") }} as variant_allele_fraction,
    {{ to_double("replace(cancer_cell_fraction, ',', '.')") }} as cancer_cell_fraction,
    filter,
    mutation_status,
    center,
    {{ bare_chromosome('grch37_chromosome') }} as grch37_chromosome,
    {{ to_position('grch37_position') }} as grch37_position
from source
