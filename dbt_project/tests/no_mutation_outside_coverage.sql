-- Rule 1. A counted call on a sample whose panel does not list the gene means that a symbol was not resolved, and that
-- other samples of the panel would be called neither mutated nor wild-type. Reported, because sources do hold a few.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'mutations'}}}) }}
select
    profiling.panel_id,
    mutations.hugo_symbol,
    count(*) as n_calls
from {{ ref('mutations') }} as mutations
inner join {{ ref('profiling') }} as profiling
    on mutations.cohort_id = profiling.cohort_id and mutations.sample_id = profiling.sample_id
left join {{ ref('gene_panels') }} as panels
    on profiling.panel_id = panels.panel_id and mutations.hugo_symbol = panels.hugo_symbol
where mutations.is_counted and mutations.is_nonsynonymous and profiling.is_profiled and panels.panel_id is null
group by profiling.panel_id, mutations.hugo_symbol
