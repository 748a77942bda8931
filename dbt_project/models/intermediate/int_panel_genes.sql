-- Which genes a panel covers. Published panels as listed. A panel that no list describes covers the genes that were
-- called on it at least once; exomes (WES) cover every gene that was called in any exome or stands on any panel.
with listed as (

    select
        panels.panel_id,
        symbols.hugo_symbol,
        min(panels.hugo_symbol) as hugo_symbol_raw,
        'published list' as coverage_source
    from {{ ref('stg_gene_panels') }} as panels
    inner join {{ ref('int_gene_symbols') }} as symbols on panels.hugo_symbol = symbols.symbol_raw
    group by panels.panel_id, symbols.hugo_symbol

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
            or profiling.panel_id not in (select listed.panel_id from listed)
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
