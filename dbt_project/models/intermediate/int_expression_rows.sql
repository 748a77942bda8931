-- Which row of a file counts where a gene stands in several (old and new symbols, several Ensembl numbers): the one with
-- the highest mean in the cohort.
with means as (

    select
        facts.cohort_id,
        facts.gene as gene_raw,
        avg(facts.value) as mean_value
    from {{ ref('stg_expression') }} as facts
    inner join {{ ref('samples') }} as samples
        on facts.cohort_id = samples.cohort_id and facts.sample_id = samples.sample_id
    where facts.value is not null
    group by facts.cohort_id, facts.gene

)

select
    means.cohort_id,
    means.gene_raw,
    genes.hugo_symbol,
    genes.hugo_symbol is null
    or row_number() over (
        partition by means.cohort_id, genes.hugo_symbol
        -- rounded: the same values added up in another order differ in the last digits
        order by round(means.mean_value, 6) desc, means.gene_raw asc
    ) = 1 as is_counted
from means
inner join {{ ref('int_expression_genes') }} as genes on means.gene_raw = genes.gene_raw
