-- The genes that each panel covers (int_panel_genes), and for what no list describes, an exome or a panel known by its calls,
-- the genes that a row in doubt may mean: nobody else has a call there, and whom the row is about is in doubt, not out of
-- reach.
with in_doubt as (

    select
        profiling.panel_id,
        doubtful.hugo_symbol
    from {{ ref('undetermined_genes') }} as doubtful
    inner join {{ ref('profiling') }} as profiling
        on doubtful.cohort_id = profiling.cohort_id and doubtful.sample_id = profiling.sample_id
    where
        profiling.panel_id = 'WES'
        or profiling.panel_id in (
            select panels.panel_id from {{ ref('int_panel_genes') }} as panels
            where panels.coverage_source = 'observed in calls'
        )
    group by profiling.panel_id, doubtful.hugo_symbol

)

select
    panel_id,
    hugo_symbol,
    hugo_symbol_raw,
    coverage_source,
    source_file_id,
    source_row
from {{ ref('int_panel_genes') }}
union all
select
    in_doubt.panel_id,
    in_doubt.hugo_symbol,
    cast(null as string) as hugo_symbol_raw,
    'named in a row in doubt' as coverage_source,
    cast(null as string) as source_file_id,
    cast(null as bigint) as source_row
from in_doubt
left join {{ ref('int_panel_genes') }} as covered
    on in_doubt.panel_id = covered.panel_id and in_doubt.hugo_symbol = covered.hugo_symbol
where covered.hugo_symbol is null
