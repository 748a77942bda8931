-- Rearrangements of genes. A rearranged gene is not mutated by that: ALK fused to EML4 is a row here and none of mutations.
select
    variants.cohort_id,
    variants.patient_id,
    persons.person_id,
    variants.sample_id,
    variants.site1_gene,
    variants.site2_gene,
    variants.site1_hugo_symbol as site1_gene_raw,
    variants.site2_hugo_symbol as site2_gene_raw,
    variants.sv_class,
    variants.event_info,
    variants.effect_on_frame,
    variants.is_somatic,
    variants.sv_status as sv_status_raw,
    variants.site1_chromosome,
    variants.site1_position,
    variants.site2_chromosome,
    variants.site2_position,
    variants.ncbi_build,
    variants.source_file_id,
    variants.source_row
from {{ ref('int_structural_variants') }} as variants
inner join {{ ref('int_persons') }} as persons
    on variants.cohort_id = persons.cohort_id and variants.patient_id = persons.patient_id
where variants.problem is null
