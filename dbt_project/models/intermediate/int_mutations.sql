-- Mutation rows with patient, gene, one class vocabulary, and what speaks against counting them: a Mutation_Status that is
-- no somatic mutation, a FILTER that does not pass, an earlier row of the same variant; or problem, why the row is not
-- understood. A row that could be a counted mutation and is not understood makes its sample undetermined for the genes
-- that it could be (marts.undetermined_genes).
-- One variant: gene, place and alleles; without alleles class and protein change besides; without a place gene, class and
-- changes alone. Alleles without the bases that both begin with (a VCF's anchor), so that TA>T is A>-.
{%- set has_anchor = "length(calls.reference_allele) <> length(calls.tumor_allele)"
    " and substring(calls.reference_allele, 1, 1) = substring(calls.tumor_allele, 1, 1)" %}
{%- set place_of_row = place('source_file_id', 'source_row') %}
{%- set variant = [
    'cohort_id', 'sample_id', 'gene_key', 'chromosome', 'variant_start_position', 'variant_reference_allele',
    'variant_tumor_allele',
    'case when start_position is null or variant_reference_allele is null or variant_tumor_allele is null then maf_class end',
    'case when start_position is null or variant_reference_allele is null or variant_tumor_allele is null then hgvsp_short end',
    'case when start_position is null then hgvsc end'
] %}
with calls as (

    select
        calls.*,
        -- File-Formats, "Tumor seq allele ambiguity": the first tumour allele where it is bases and not the reference
        case
            when
                {{ matches('calls.tumor_seq_allele1', "'^[ACGT]+$'") }}
                and calls.tumor_seq_allele1 <> coalesce(calls.reference_allele, '')
                then calls.tumor_seq_allele1
            when
                calls.tumor_seq_allele1 = '-' and calls.reference_allele <> '-'
                and coalesce(calls.tumor_seq_allele2, calls.reference_allele) = calls.reference_allele
                then calls.tumor_seq_allele1
            else calls.tumor_seq_allele2
        end as tumor_allele
    from {{ ref('stg_mutations') }} as calls

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

filters as (

    select * from {{ ref('stg_mutation_filters') }}

),

decided as (

    select
        calls.*,
        samples.patient_id as resolved_patient_id,
        {{ matches("coalesce(calls.filter, '')", "coalesce(own_filter.pattern, any_filter.pattern, '')") }} as is_passing,
        coalesce(own_filter.is_understood, any_filter.is_understood, true) as is_filter_understood,
        genes.hugo_symbol as current_symbol,
        genes.rule as gene_rule,
        genes.names_several_genes,
        coalesce(genes.hugo_symbol, calls.hugo_symbol, '') as gene_key,
        case
            when genes.problem is not null then genes.problem
            when
                abs(calls.start_position - places.lowest_position) > 5000000
                and abs(calls.start_position - places.highest_position) > 5000000
                then 'position_outside_gene'
        end as gene_problem,
        coalesce(classes.maf_class, 'Unknown') as maf_class,
        classes.is_nonsynonymous as class_is_nonsynonymous,
        classes.is_truncating,
        case
            when calls.variant_classification is null then 'missing_class'
            when classes.is_nonsynonymous is null then 'unknown_class'
        end as class_problem,
        coalesce(statuses.mutation_status, case when calls.mutation_status is null then 'Somatic' else 'Unknown' end)
            as status,
        coalesce(statuses.is_somatic, calls.mutation_status is null) as is_somatic,
        case
            when calls.mutation_status is not null and statuses.word is null then 'unknown_mutation_status'
        end as status_problem,
        case
            when {{ has_anchor }} then coalesce(nullif(substring(calls.reference_allele, 2), ''), '-')
            else calls.reference_allele
        end as variant_reference_allele,
        case
            when {{ has_anchor }} then coalesce(nullif(substring(calls.tumor_allele, 2), ''), '-')
            else calls.tumor_allele
        end as variant_tumor_allele,
        -- the base after the anchor is the first that a deletion takes away; an insertion stands after the same base
        case
            when {{ has_anchor }} and length(calls.reference_allele) > length(calls.tumor_allele)
                then calls.start_position + 1
            else calls.start_position
        end as variant_start_position
    from calls
    inner join {{ ref('int_gene_decisions') }} as genes
        on
            coalesce(calls.hugo_symbol, '') = genes.name_raw
            and coalesce(calls.entrez_gene_id, 0) = genes.entrez_gene_id
            and coalesce(calls.chromosome, '') = genes.chromosome
    left join {{ ref('int_gene_places') }} as places
        on
            genes.hugo_symbol = places.hugo_symbol
            and calls.chromosome = places.chromosome
            and {{ genome_build('calls.ncbi_build') }} = places.genome_build
    left join {{ ref('int_variant_classes') }} as classes on calls.variant_classification = classes.class_raw
    left join {{ ref('mutation_statuses') }} as statuses on lower({{ trimmed('calls.mutation_status') }}) = statuses.word
    left join samples
        on calls.cohort_id = samples.cohort_id and calls.sample_id = samples.sample_id
    left join cancer_codes
        on calls.cohort_id = cancer_codes.cohort_id and calls.sample_id = cancer_codes.sample_id
    left join filters as own_filter
        on
            calls.cohort_id = own_filter.cohort_id
            and calls.file_id = own_filter.file_id
            and cancer_codes.cancer_type_code = own_filter.cancer_type_code
    left join filters as any_filter
        on
            calls.cohort_id = any_filter.cohort_id
            and calls.file_id = any_filter.file_id
            and any_filter.cancer_type_code = '*'

),

judged as (

    select
        *,
        {{ hash_of(variant) }} as variant_key,
        coalesce(
            gene_problem, class_problem, status_problem,
            case when class_is_nonsynonymous and tumor_allele = reference_allele then 'no_change' end,
            case when not is_passing and not is_filter_understood then 'unknown_filter' end
        ) as problem
    from decided

),

-- Of the rows of one variant the first that could be counted stands for it, else the first: a copy that FILTER takes out
-- does not take the others with it. A window over two million wide rows, or one shared read of them, needs more memory
-- than a laptop gives: the rows are read twice, here in two columns. Repeats are few.
first_rows as (

    select
        variant_key,
        min(
            case when is_passing and is_somatic and problem is null then '0' else '1' end || {{ place_of_row }}
        ) as place
    from judged
    group by variant_key
    having count(*) > 1

),

joined as (

    select
        judged.*,
        coalesce(
            substring(first_rows.place, 2) <> {{ place('judged.source_file_id', 'judged.source_row') }}, false
        ) as is_duplicate
    from judged
    left join first_rows on judged.variant_key = first_rows.variant_key

)

select
    cohort_id,
    resolved_patient_id as patient_id,
    sample_id,
    current_symbol as hugo_symbol,
    hugo_symbol as hugo_symbol_raw,
    gene_rule,
    names_several_genes,
    entrez_gene_id,
    ncbi_build,
    chromosome,
    start_position,
    end_position,
    start_position_raw,
    grch37_chromosome,
    grch37_position,
    reference_allele,
    tumor_allele as tumor_seq_allele2,
    maf_class as variant_classification,
    variant_classification as variant_classification_raw,
    variant_type,
    hgvsp_short,
    coalesce(class_is_nonsynonymous, false) as is_nonsynonymous,
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
    status as mutation_status,
    mutation_status as mutation_status_raw,
    center,
    is_passing,
    is_somatic,
    is_duplicate,
    problem,
    -- nothing that is understood rules out that the row is a non-synonymous somatic mutation that the source believes
    (is_somatic or status_problem is not null)
    and (is_passing or not is_filter_understood)
    and coalesce(class_is_nonsynonymous, true) as could_count,
    source_file_id,
    source_row
from joined
