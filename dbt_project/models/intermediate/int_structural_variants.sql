-- Structural variants with patient and genes, or with the rule that says why not. A site names its gene by symbol, by Entrez
-- number or by both; the symbol decides where it is a known name, else the number. One gene is enough: the other site may
-- lie between genes, and data_fusions.txt has a row for each gene of a fusion.
with variants as (

    select
        listed.*,
        {{ spelled_symbol('listed.site1_hugo_symbol') }} as site1_symbol,
        {{ spelled_symbol('listed.site2_hugo_symbol') }} as site2_symbol,
        cast(case when listed.site1_entrez_gene_id > 0 then listed.site1_entrez_gene_id end as string) as site1_number,
        cast(case when listed.site2_entrez_gene_id > 0 then listed.site2_entrez_gene_id end as string) as site2_number
    from {{ ref('stg_structural_variants') }} as listed

),

samples as (

    select
        cohort_id,
        sample_id,
        patient_id
    from {{ ref('int_samples') }}
    where patient_id is not null

),

numbers as (

    select
        identifier,
        hugo_symbol
    from {{ ref('int_gene_identifiers') }}
    where id_type = 'entrez'

),

words as (

    select word
    from {{ ref('no_gene_words') }}

),

named as (

    select
        variants.cohort_id,
        samples.patient_id,
        variants.sample_id,
        {% for site in [1, 2] %}
            coalesce(
                aliases{{ site }}.hugo_symbol,
                numbers{{ site }}.hugo_symbol,
                case when words{{ site }}.word is null then variants.site{{ site }}_symbol end
            ) as site{{ site }}_gene,
            variants.site{{ site }}_hugo_symbol,
            variants.site{{ site }}_entrez_gene_id,
            variants.site{{ site }}_chromosome,
            variants.site{{ site }}_position,
        {% endfor %}
        variants.effect_on_frame,
        variants.sv_class,
        variants.event_info,
        variants.sv_status,
        variants.ncbi_build,
        variants.source_file_id,
        variants.source_row
    from variants
    left join samples
        on variants.cohort_id = samples.cohort_id and variants.sample_id = samples.sample_id
    {% for site in [1, 2] %}
        left join {{ ref('int_gene_aliases') }} as aliases{{ site }}
            on variants.site{{ site }}_symbol = aliases{{ site }}.alias
        left join numbers as numbers{{ site }} on variants.site{{ site }}_number = numbers{{ site }}.identifier
        left join words as words{{ site }} on lower(variants.site{{ site }}_hugo_symbol) = words{{ site }}.word
    {% endfor %}

)

select
    cohort_id,
    patient_id,
    sample_id,
    site1_gene,
    site1_hugo_symbol,
    site1_entrez_gene_id,
    site1_chromosome,
    site1_position,
    site2_gene,
    site2_hugo_symbol,
    site2_entrez_gene_id,
    site2_chromosome,
    site2_position,
    effect_on_frame,
    sv_class,
    event_info,
    sv_status,
    -- the portal's word for a variant of the patient; a table of fusions does not say, and lists those of the tumour
    lower({{ trimmed("coalesce(sv_status, 'somatic')") }}) <> 'germline' as is_somatic,
    ncbi_build,
    case
        when patient_id is null then 'unknown_sample'
        when site1_gene is null and site2_gene is null then 'missing_gene'
    end as problem,
    source_file_id,
    source_row
from named
