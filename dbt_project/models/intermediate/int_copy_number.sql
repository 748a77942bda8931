-- Copy-number calls with patient and gene, or with the rule that says why not. Which gene a row is about says
-- int_copy_number_genes.
with samples as (

    select
        cohort_id,
        sample_id,
        patient_id
    from {{ ref('int_samples') }}
    where patient_id is not null

),

-- Levels by cBioPortal's file formats; -1.5 is a partial loss of both copies.
levelled as (

    select
        calls.cohort_id,
        calls.sample_id,
        calls.hugo_symbol as hugo_symbol_raw,
        calls.entrez_gene_id,
        genes.hugo_symbol,
        genes.problem as gene_problem,
        -- a number that no source resolves is a gene of its own
        coalesce(
            genes.hugo_symbol, coalesce(calls.hugo_symbol, '') || '|' || coalesce(cast(calls.entrez_gene_id as string), '')
        ) as gene_key,
        calls.value_raw,
        calls.copy_number_level,
        coalesce(calls.copy_number_level in (-2, -1.5, -1, 0, 1, 2), false) as is_level,
        calls.source_file_id,
        calls.source_row
    from {{ ref('stg_copy_number') }} as calls
    inner join {{ ref('int_copy_number_genes') }} as genes
        on
            coalesce(calls.hugo_symbol, '') = genes.name_raw
            and coalesce(calls.entrez_gene_id, 0) = genes.entrez_gene_id

),

-- what every row says of a gene and sample, the neutral rows beside a call among them
said as (

    select
        cohort_id,
        sample_id,
        gene_key,
        {{ place('source_file_id', 'source_row') }} as place,
        case when is_level then cast(copy_number_level as string) else value_raw end as words
    from levelled
    union all
    select
        cells.cohort_id,
        cells.sample_id,
        genes.hugo_symbol as gene_key,
        cast(null as string) as place,
        '0' as words
    from {{ ref('stg_copy_number_no_calls') }} as cells
    inner join {{ ref('int_copy_number_genes') }} as genes
        on
            coalesce(cells.hugo_symbol, '') = genes.name_raw
            and coalesce(cells.entrez_gene_id, 0) = genes.entrez_gene_id
    where cells.copy_number_level is not null and genes.hugo_symbol is not null

),

repeated as (

    select
        cohort_id,
        sample_id,
        gene_key,
        min(place) as place,
        count(distinct words) as n_levels
    from said
    group by cohort_id, sample_id, gene_key
    having count(*) > 1

),

judged as (

    select
        calls.*,
        samples.patient_id,
        case
            when samples.patient_id is null then 'unknown_sample'
            when calls.gene_problem is not null then calls.gene_problem
            when not calls.is_level then 'not_a_copy_number_level'
            when repeated.n_levels > 1 or repeated.place <> {{ place('calls.source_file_id', 'calls.source_row') }}
                then 'repeated_gene'
        end as problem,
        coalesce(calls.hugo_symbol_raw || ' ', '') || coalesce(cast(calls.entrez_gene_id as string), '') as gene_shown
    from levelled as calls
    left join samples
        on calls.cohort_id = samples.cohort_id and calls.sample_id = samples.sample_id
    left join repeated
        on
            calls.cohort_id = repeated.cohort_id
            and calls.sample_id = repeated.sample_id
            and calls.gene_key = repeated.gene_key

)

select
    cohort_id,
    patient_id,
    sample_id,
    hugo_symbol,
    hugo_symbol_raw,
    entrez_gene_id,
    copy_number_level,
    problem,
    case
        when problem = 'unknown_sample' then 'sample_id'
        when problem = 'not_a_copy_number_level' then 'value'
        when problem is not null or hugo_symbol is null then 'gene'
    end as problem_column,
    case
        when problem = 'unknown_sample' then sample_id
        when problem = 'not_a_copy_number_level' then value_raw
        when problem is not null or hugo_symbol is null then nullif({{ trimmed('gene_shown') }}, '')
    end as problem_value,
    source_file_id,
    source_row
from judged
