-- Every name of a gene that a list has, as it is spelled there: curated aliases and symbols, HGNC's, panels, tables of
-- identifiers. is_symbol: some list has it as a symbol, now or once; HGNC's aliases have common words among them (CAN, NOT).
select
    lower(name) as name_lower,
    min(case when is_symbol = best_is_symbol then name end) as name,
    max(is_symbol) = 1 as is_symbol
from (
    select
        lists.*,
        max(is_symbol) over (partition by lower(name)) as best_is_symbol
    from (
        select
            alias as name,
            case when rule = 'HGNC alias' then 0 else 1 end as is_symbol
        from {{ ref('int_gene_aliases') }}
        union all
        select
            hugo_symbol as name,
            1 as is_symbol
        from {{ ref('int_gene_aliases') }}
        union all
        select
            ambiguous.symbol as name,
            case when known.symbol is null and previous.symbol is null then 0 else 1 end as is_symbol
        from {{ ref('int_ambiguous_symbols') }} as ambiguous
        left join {{ ref('ambiguous_symbols') }} as known on ambiguous.symbol = known.symbol
        left join {{ ref('hgnc_previous_symbols') }} as previous on ambiguous.symbol = previous.symbol
        union all
        select
            hugo_symbol as name,
            1 as is_symbol
        from {{ ref('int_ambiguous_symbols') }}
        union all
        select
            hugo_symbol as name,
            1 as is_symbol
        from {{ ref('stg_gene_panels') }}
        union all
        select
            hugo_symbol as name,
            1 as is_symbol
        from {{ ref('stg_gene_identifiers') }}
    ) as lists
    where name is not null
) as ranked
group by lower(name)
