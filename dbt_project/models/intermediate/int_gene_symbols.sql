-- Every symbol that a panel or a copy-number table has, resolved to its current HGNC symbol: first by the names of
-- int_gene_aliases, else the panel symbol with the same Entrez number (itself through the aliases: panels list old names
-- too), else the symbol as it is. Rows of mutation tables have no say: one wrong number in one row would rename a gene in
-- every cohort. What such a row means is decided row by row (int_gene_decisions).
with listed as (

    select
        hugo_symbol as symbol_raw,
        max(entrez_gene_id) as entrez_gene_id
    from {{ ref('stg_gene_panels') }}
    group by hugo_symbol

),

symbols as (

    select
        symbol_raw,
        max(entrez_gene_id) as entrez_gene_id
    from (
        select * from listed
        union all
        select distinct
            hugo_symbol as symbol_raw,
            cast(null as bigint) as entrez_gene_id
        from {{ ref('stg_copy_number') }}
        where hugo_symbol is not null
    ) as every_symbol
    group by symbol_raw

),

aliases as (

    select
        alias,
        hugo_symbol,
        rule
    from {{ ref('int_gene_aliases') }}

),

by_entrez as (

    select
        listed.entrez_gene_id,
        min(coalesce(aliases.hugo_symbol, {{ spelled_symbol('listed.symbol_raw') }})) as hugo_symbol
    from listed
    left join aliases on {{ spelled_symbol('listed.symbol_raw') }} = aliases.alias
    where listed.entrez_gene_id > 0
    group by listed.entrez_gene_id
    having count(distinct coalesce(aliases.hugo_symbol, {{ spelled_symbol('listed.symbol_raw') }})) = 1

)

select
    symbols.symbol_raw,
    coalesce(
        aliases.hugo_symbol, by_entrez.hugo_symbol, {{ spelled_symbol('symbols.symbol_raw') }}
    ) as hugo_symbol,
    case
        when aliases.hugo_symbol is not null then aliases.rule
        when by_entrez.hugo_symbol <> symbols.symbol_raw then 'same Entrez number'
        else 'as given'
    end as rule
from symbols
left join aliases on {{ spelled_symbol('symbols.symbol_raw') }} = aliases.alias
left join by_entrez on symbols.entrez_gene_id = by_entrez.entrez_gene_id
