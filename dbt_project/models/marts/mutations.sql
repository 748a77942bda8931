select
    mutations.cohort_id,
    mutations.patient_id,
    persons.person_id,
    mutations.sample_id,
    mutations.hugo_symbol,
    mutations.hugo_symbol_raw,
    mutations.gene_rule,
    mutations.entrez_gene_id,
    mutations.ncbi_build,
    mutations.chromosome,
    mutations.start_position,
    mutations.end_position,
    mutations.reference_allele,
    mutations.tumor_seq_allele2,
    mutations.variant_classification,
    mutations.variant_classification_raw,
    mutations.variant_type,
    {{ one_letter('mutations.hgvsp_short') }} as hgvsp_short,
    case
        when coalesce({{ one_letter('mutations.hgvsp_short') }}, '') <> mutations.hgvsp_short then mutations.hgvsp_short
    end as hgvsp_raw,
    mutations.is_nonsynonymous,
    mutations.is_truncating,
    mutations.t_ref_count,
    mutations.t_alt_count,
    mutations.t_depth,
    mutations.variant_allele_fraction,
    mutations.cancer_cell_fraction,
    mutations.filter_raw,
    mutations.mutation_status,
    mutations.mutation_status_raw,
    mutations.center,
    mutations.is_passing,
    mutations.is_somatic,
    mutations.is_duplicate,
    mutations.problem is null as is_understood,
    mutations.problem,
    mutations.problem is null
    and mutations.is_passing and mutations.is_somatic and not mutations.is_duplicate as is_usable,
    -- 42,994 usable rows of TCGA are of samples that are on no list of sequenced ones: whoever counts rows would count
    -- carriers without the others
    mutations.problem is null
    and mutations.is_passing and mutations.is_somatic and not mutations.is_duplicate
    and coalesce(profiling.is_judged, false) as is_counted,
    mutations.source_file_id,
    mutations.source_row
from {{ ref('int_mutations') }} as mutations
inner join {{ ref('int_persons') }} as persons
    on mutations.cohort_id = persons.cohort_id and mutations.patient_id = persons.patient_id
left join {{ ref('profiling') }} as profiling
    on mutations.cohort_id = profiling.cohort_id and mutations.sample_id = profiling.sample_id
