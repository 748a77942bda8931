-- Every row of a published gene panel with its current symbol, and what speaks against it: a panel that two files list
-- covers the genes of both lists, and a gene that a panel lists more than once (twice, under two names, or in two files)
-- counts once, by its first row.
with listed as (

    select
        panels.source_file_id,
        panels.source_row,
        panels.panel_id,
        panels.hugo_symbol as hugo_symbol_raw,
        symbols.hugo_symbol
    from {{ ref('stg_gene_panels') }} as panels
    left join {{ ref('int_gene_symbols') }} as symbols on panels.hugo_symbol = symbols.symbol_raw

),

files as (

    select
        panel_id,
        count(distinct source_file_id) as n_files
    from listed
    group by panel_id

),

genes as (

    select
        panel_id,
        hugo_symbol,
        count(distinct source_file_id) as n_files,
        min(hugo_symbol_raw) as first_symbol_raw
    from listed
    group by panel_id, hugo_symbol

),

placed as (

    select
        listed.source_file_id,
        listed.source_row,
        listed.panel_id,
        listed.hugo_symbol_raw,
        listed.hugo_symbol,
        genes.n_files < files.n_files as is_disputed,
        row_number() over (
            partition by listed.panel_id, listed.hugo_symbol
            order by
                case when listed.hugo_symbol_raw = genes.first_symbol_raw then 0 else 1 end asc,
                listed.source_file_id asc nulls last,
                listed.source_row asc nulls last
        ) as place
    from listed
    inner join files on listed.panel_id = files.panel_id
    inner join genes on listed.panel_id = genes.panel_id and listed.hugo_symbol = genes.hugo_symbol

)

select
    source_file_id,
    source_row,
    panel_id,
    hugo_symbol_raw,
    hugo_symbol,
    case when is_disputed then 'disputed_panel_gene' when place > 1 then 'repeated_panel_gene' end as problem
from placed
