-- Which genes a panel covers. Published panels as listed; of a panel that two files list, the genes of both lists. A panel
-- that no list describes covers the genes that were called on it at least once where the cohort file says so
-- (stg_declared_panels), a published list before that; exomes (WES) cover every gene that was called in any exome or stands on any panel.
with files as (

    select
        panel_id,
        count(distinct source_file_id) as n_files
    from {{ ref('stg_gene_panels') }}
    group by panel_id

),

listed as (

    select
        panels.panel_id,
        symbols.hugo_symbol,
        min(panels.hugo_symbol) as hugo_symbol_raw,
        'published list' as coverage_source
    from {{ ref('stg_gene_panels') }} as panels
    inner join {{ ref('int_gene_symbols') }} as symbols on panels.hugo_symbol = symbols.symbol_raw
    inner join files on panels.panel_id = files.panel_id
    group by panels.panel_id, symbols.hugo_symbol, files.n_files
    having count(distinct panels.source_file_id) = files.n_files

),

called as (

    select
        profiling.panel_id,
        mutations.hugo_symbol,
        min(mutations.hugo_symbol_raw) as hugo_symbol_raw,
        'observed in calls' as coverage_source
    from {{ ref('int_mutations') }} as mutations
    inner join {{ ref('int_profiling') }} as profiling
        on mutations.cohort_id = profiling.cohort_id and mutations.sample_id = profiling.sample_id
    where
        mutations.hugo_symbol is not null
        and (
            profiling.panel_id = 'WES'
            or (
                profiling.panel_id in (
                    select declared.panel_id from {{ ref('stg_declared_panels') }} as declared
                    where declared.genes = 'observed_in_calls'
                )
                and profiling.panel_id not in (select listed.panel_id from listed)
            )
        )
    group by profiling.panel_id, mutations.hugo_symbol

),

exome_by_panel as (

    select
        'WES' as panel_id,
        listed.hugo_symbol,
        min(listed.hugo_symbol_raw) as hugo_symbol_raw,
        'stands on a panel' as coverage_source
    from listed
    left join called on called.panel_id = 'WES' and listed.hugo_symbol = called.hugo_symbol
    where called.hugo_symbol is null
    group by listed.hugo_symbol

)

select * from listed
union all
select * from called
union all
select * from exome_by_panel
