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
    hugo_symbol,
    try_cast(entrez_gene_id as bigint) as entrez_gene_id,
    ncbi_build,
    chromosome,
    try_cast(start_position as bigint) as start_position,
    try_cast(end_position as bigint) as end_position,
    variant_classification,
    variant_type,
    reference_allele,
    tumor_seq_allele2,
    hgvsp_short,
    hgvsc,
    try_cast(t_ref_count as bigint) as t_ref_count,
    try_cast(t_alt_count as bigint) as t_alt_count,
    try_cast(t_depth as bigint) as t_depth,
    try_cast(replace(variant_allele_fraction, ',', '.') as double) as variant_allele_fraction,
    try_cast(replace(cancer_cell_fraction, ',', '.') as double) as cancer_cell_fraction,
    filter,
    center
from source
