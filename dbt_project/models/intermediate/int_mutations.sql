-- Mutation rows with patient, current gene symbol, one class vocabulary, and what speaks against counting them:
-- a FILTER that does not pass, or an earlier row of the same sample with the same variant.
{% set variant = [
    'cohort_id', 'sample_id', 'hugo_symbol', bare_chromosome('chromosome'), 'start_position', 'end_position',
    'reference_allele', 'tumor_seq_allele2', 'case when start_position is null then hgvsp_short end'
] %}
with mutations as (

    select
        *,
        {{ bare_chromosome('chromosome') }} as bare_chromosome,
        {{ hash_of(variant) }} as variant_key
    from {{ ref('stg_mutations') }}

),

-- A window over two million wide rows, or one shared read of them, needs more memory than a laptop gives: the rows are
-- read twice, here in three columns. Repeats are few.
first_rows as (

    select
        {{ hash_of(variant) }} as variant_key,
        min({{ place('source_file_id', 'source_row') }}) as place
    from {{ ref('stg_mutations') }}
    group by {{ hash_of(variant) }}
    having count(*) > 1

),

samples as (

    select
        cohort_id,
        sample_id,
        patient_id
    from {{ ref('int_samples') }}
    where patient_id is not null

),

cancer_codes as (

    select
        cohort_id,
        sample_id,
        max(case when attribute = 'ONCOTREE_CODE' then value_raw end) as cancer_type_code
    from {{ ref('int_sample_attributes') }}
    group by cohort_id, sample_id

),

genes as (

    select * from {{ ref('int_gene_symbols') }}

),

classes as (

    select * from {{ ref('variant_classes') }}

),

filters as (

    select * from {{ ref('stg_mutation_filters') }}

),

joined as (

    select
        mutations.*,
        samples.patient_id as resolved_patient_id,
        genes.hugo_symbol as current_symbol,
        coalesce(classes.maf_class, 'Unknown') as maf_class,
        coalesce(classes.is_nonsynonymous, false) as is_nonsynonymous,
        coalesce(classes.is_truncating, false) as is_truncating,
        {{ matches("coalesce(mutations.filter, '')", "coalesce(own_filter.pattern, any_filter.pattern, '')") }}
            as is_passing,
        coalesce(
            first_rows.place <> {{ place('mutations.source_file_id', 'mutations.source_row') }}, false
        ) as is_duplicate
    from mutations
    left join first_rows
        on mutations.variant_key = first_rows.variant_key
    left join samples
        on mutations.cohort_id = samples.cohort_id and mutations.sample_id = samples.sample_id
    left join cancer_codes
        on mutations.cohort_id = cancer_codes.cohort_id and mutations.sample_id = cancer_codes.sample_id
    left join genes
        on mutations.hugo_symbol = genes.symbol_raw
    left join classes
        on lower(trim(mutations.variant_classification)) = classes.word
    left join filters as own_filter
        on
            mutations.cohort_id = own_filter.cohort_id
            and cancer_codes.cancer_type_code = own_filter.cancer_type_code
    left join filters as any_filter
        on mutations.cohort_id = any_filter.cohort_id and any_filter.cancer_type_code = '*'

)

select
    cohort_id,
    resolved_patient_id as patient_id,
    sample_id,
    current_symbol as hugo_symbol,
    hugo_symbol as hugo_symbol_raw,
    entrez_gene_id,
    ncbi_build,
    bare_chromosome as chromosome,
    start_position,
    end_position,
    reference_allele,
    tumor_seq_allele2,
    maf_class as variant_classification,
    variant_classification as variant_classification_raw,
    variant_type,
    hgvsp_short,
    is_nonsynonymous,
    is_truncating,
    t_ref_count,
    t_alt_count,
    coalesce(t_depth, t_ref_count + t_alt_count) as t_depth,
    coalesce(
        variant_allele_fraction,
        case
            when t_ref_count + t_alt_count > 0 then cast(t_alt_count as double) / (t_ref_count + t_alt_count)
            when t_depth > 0 then cast(t_alt_count as double) / t_depth
        end
    ) as variant_allele_fraction,
    cancer_cell_fraction,
    filter as filter_raw,
    center,
    is_passing,
    is_duplicate,
    source_file_id,
    source_row
from joined
