-- Structural variants with patient and genes, or with the rule that says why not. A site names its gene by symbol, by Entrez
-- number or by both. A name of a list, in any letters, is its gene, and disagrees with the number of another one; of a name
-- that no list has the number decides, and without one it is a gene of its own where it can be one at all. One gene is
-- enough: the other site may lie between genes, and data_fusions.txt has a row for each gene of a fusion.
with variants as (

    select
        listed.*,
        lower({{ trimmed('listed.site1_hugo_symbol') }}) as site1_symbol,
        lower({{ trimmed('listed.site2_hugo_symbol') }}) as site2_symbol,
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

composite as (

    select distinct name_raw
    from {{ ref('int_gene_name_parts') }}
    where is_composite

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
                listed{{ site }}.name,
                numbers{{ site }}.hugo_symbol,
                case when words{{ site }}.word is null then variants.site{{ site }}_hugo_symbol end
            ) as site{{ site }}_gene,
            coalesce(
                coalesce(aliases{{ site }}.hugo_symbol, listed{{ site }}.name) <> numbers{{ site }}.hugo_symbol, false
            ) as site{{ site }}_disagrees,
            coalesce(
                words{{ site }}.word is null and listed{{ site }}.name is null
                and numbers{{ site }}.hugo_symbol is null
                and (
                    composite{{ site }}.name_raw is not null
                    or not {{ matches('variants.site' ~ site ~ '_hugo_symbol', "'^[A-Za-z0-9][A-Za-z0-9.@-]*$'") }}
                ),
                false
            ) as site{{ site }}_is_unreadable,
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
        left join {{ ref('int_listed_gene_names') }} as listed{{ site }}
            on variants.site{{ site }}_symbol = listed{{ site }}.name_lower
        left join {{ ref('int_gene_aliases') }} as aliases{{ site }} on listed{{ site }}.name = aliases{{ site }}.alias
        left join numbers as numbers{{ site }} on variants.site{{ site }}_number = numbers{{ site }}.identifier
        left join words as words{{ site }} on variants.site{{ site }}_symbol = words{{ site }}.word
        left join composite as composite{{ site }}
            on variants.site{{ site }}_hugo_symbol = composite{{ site }}.name_raw
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
        when site1_disagrees or site2_disagrees then 'symbol_and_number_disagree'
        when site1_is_unreadable or site2_is_unreadable then 'unreadable_symbol'
        when site1_gene is null and site2_gene is null then 'missing_gene'
    end as problem,
    source_file_id,
    source_row
from named
