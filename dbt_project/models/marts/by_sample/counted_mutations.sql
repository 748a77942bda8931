-- The calls that count, which are of samples that can be judged, with what two calls of one variant have in common. A view over mutations.
{{ config(materialized=view_or_table(), tags=['view']) }}
select
    cohort_id,
    patient_id,
    person_id,
    sample_id,
    hugo_symbol,
    -- by place and alleles, by place and protein change where a source gives no alleles
    coalesce(chromosome, '') || ':' || coalesce(cast(start_position as string), '') || ':'
    || case
        when reference_allele is null or tumor_seq_allele2 is null
            then coalesce(hugo_symbol, '') || ' ' || coalesce(hgvsp_short, '')
        else reference_allele || '>' || tumor_seq_allele2
    end as variant_key,
    {{ genome_build('ncbi_build') }} as genome_build,
    chromosome,
    start_position,
    end_position,
    reference_allele,
    tumor_seq_allele2,
    variant_classification,
    hgvsp_short,
    {{ residue('hgvsp_short') }} as residue,
    is_nonsynonymous,
    is_truncating,
    t_alt_count,
    t_depth,
    variant_allele_fraction,
    cancer_cell_fraction,
    source_file_id,
    source_row
from {{ without_database(ref('mutations')) }}
where is_counted
