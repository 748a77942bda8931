-- Rows of copy-number tables that could be a change of a gene and are not understood, and cells without a level: their
-- sample is neither changed nor neutral for the gene. One row a cell and gene: the gene that was decided; both that symbol
-- and number name; each that the name may be, or that stands in it as a word. Where a change has no gene that anybody can
-- tell, hugo_symbol is null: it may be any gene's of which the sample has no call. Only who was looked at can be in doubt,
-- and only for the genes of the panel.
with rejected as (

    select
        calls.cohort_id,
        calls.sample_id,
        coalesce(calls.hugo_symbol_raw, '') as name_raw,
        coalesce(calls.entrez_gene_id, 0) as entrez_gene_id,
        calls.problem as rule_id,
        calls.source_file_id,
        calls.source_row
    from {{ ref('int_copy_number') }} as calls
    where calls.problem is not null and calls.problem <> 'unknown_sample'
    union all
    -- a call of a sample that nobody is known for concerns the known samples that its name may mean
    select
        calls.cohort_id,
        likenesses.sample_id,
        coalesce(calls.hugo_symbol_raw, '') as name_raw,
        coalesce(calls.entrez_gene_id, 0) as entrez_gene_id,
        'sample_spelled_otherwise' as rule_id,
        calls.source_file_id,
        calls.source_row
    from {{ ref('int_copy_number') }} as calls
    inner join {{ ref('int_sample_likenesses') }} as likenesses
        on calls.cohort_id = likenesses.cohort_id and calls.sample_id = likenesses.unknown_sample_id
    where calls.problem = 'unknown_sample'
    union all
    select
        cohort_id,
        sample_id,
        coalesce(hugo_symbol, '') as name_raw,
        coalesce(entrez_gene_id, 0) as entrez_gene_id,
        'no_copy_number_level' as rule_id,
        source_file_id,
        source_row
    from {{ ref('stg_copy_number_no_calls') }}
    where copy_number_level is null

),

-- a row without a level, or that repeats another, is in no doubt where another row says the level
said as (

    select
        cohort_id,
        sample_id,
        hugo_symbol,
        true as is_call
    from {{ ref('int_copy_number') }}
    where problem is null and hugo_symbol is not null
    union
    select
        cells.cohort_id,
        cells.sample_id,
        genes.hugo_symbol,
        false as is_call
    from {{ ref('stg_copy_number_no_calls') }} as cells
    inner join {{ ref('int_copy_number_genes') }} as genes
        on
            coalesce(cells.hugo_symbol, '') = genes.name_raw
            and coalesce(cells.entrez_gene_id, 0) = genes.entrez_gene_id
    where cells.copy_number_level is not null and genes.hugo_symbol is not null

),

concerned as (

    select
        genes.name_raw,
        genes.entrez_gene_id,
        genes.hugo_symbol
    from {{ ref('int_copy_number_genes') }} as genes
    where genes.hugo_symbol is not null
    union
    select
        genes.name_raw,
        genes.entrez_gene_id,
        names.hugo_symbol
    from {{ ref('int_copy_number_genes') }} as genes
    inner join {{ ref('int_gene_names') }} as names on genes.name_raw = names.name_raw
    where genes.problem is not null and names.hugo_symbol is not null
    union
    select
        genes.name_raw,
        genes.entrez_gene_id,
        parts.hugo_symbol
    from {{ ref('int_copy_number_genes') }} as genes
    inner join {{ ref('int_gene_name_parts') }} as parts on genes.name_raw = parts.name_raw
    where genes.problem = 'unreadable_symbol'

),

named as (

    select
        rejected.cohort_id,
        rejected.sample_id,
        concerned.hugo_symbol,
        rejected.rule_id,
        rejected.source_file_id,
        rejected.source_row
    from rejected
    left join concerned
        on rejected.name_raw = concerned.name_raw and rejected.entrez_gene_id = concerned.entrez_gene_id

)

select
    looked_at.cohort_id,
    looked_at.patient_id,
    looked_at.person_id,
    looked_at.sample_id,
    named.hugo_symbol,
    named.rule_id,
    rules.description as status_reason,
    named.source_file_id,
    named.source_row
from named
inner join {{ ref('copy_number_samples') }} as looked_at
    on named.cohort_id = looked_at.cohort_id and named.sample_id = looked_at.sample_id
left join {{ ref('gene_panels') }} as panels
    on looked_at.panel_id = panels.panel_id and named.hugo_symbol = panels.hugo_symbol
left join said
    on
        named.cohort_id = said.cohort_id and named.sample_id = said.sample_id
        and named.hugo_symbol = said.hugo_symbol
        and (named.rule_id = 'no_copy_number_level' or (named.rule_id = 'repeated_gene' and said.is_call))
left join {{ ref('rejection_rules') }} as rules on named.rule_id = rules.rule_id
where
    said.hugo_symbol is null
    -- an empty cell of a gene that nobody can tell says nothing of any gene
    and (panels.hugo_symbol is not null or (named.hugo_symbol is null and named.rule_id <> 'no_copy_number_level'))
