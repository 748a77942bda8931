-- Which genes a panel covers. Published panels as listed (int_panel_rows). A panel
-- that no list describes covers the genes that were called on it at least once where the cohort file says so
-- (stg_declared_panels), a published list before that; exomes (WES) cover every gene that was called in any exome or stands on any panel.
with listed as (

    select
        panel_id,
        hugo_symbol,
        hugo_symbol_raw,
        'published list' as coverage_source,
        source_file_id,
        source_row
    from {{ ref('int_panel_rows') }}
    where problem is null

),

called as (

    select
        profiling.panel_id,
        mutations.hugo_symbol,
        min(mutations.hugo_symbol_raw) as hugo_symbol_raw,
        'observed in calls' as coverage_source,
        cast(null as string) as source_file_id,
        cast(null as bigint) as source_row
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
        'stands on a panel' as coverage_source,
        cast(null as string) as source_file_id,
        cast(null as bigint) as source_row
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
