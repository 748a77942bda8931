-- Every name of a gene that a list has, as it is spelled there: curated aliases and symbols, HGNC's, panels, tables of
-- identifiers. is_symbol: some list has it as a symbol, now or once; HGNC's aliases have common words among them (CAN, NOT).
{% set lists_of_symbols = [
    'int_gene_aliases', 'int_ambiguous_symbols', 'hgnc_genes', 'stg_gene_panels', 'stg_gene_identifiers'
] %}
with lists as (

    select
        alias as name,
        case when rule = 'HGNC alias' then 0 else 1 end as is_symbol
    from {{ ref('int_gene_aliases') }}
    union all
    select
        symbol as name,
        case when rule = 'HGNC alias' then 0 else 1 end as is_symbol
    from {{ ref('int_ambiguous_symbols') }}
    {% for listed in lists_of_symbols %}
        union all
        select
            hugo_symbol as name,
            1 as is_symbol
        from {{ ref(listed) }}
    {% endfor %}

),

ranked as (

    select
        name,
        is_symbol,
        max(is_symbol) over (partition by lower(name)) as best_is_symbol
    from lists
    where name is not null

)

select
    lower(name) as name_lower,
    min(case when is_symbol = best_is_symbol then name end) as name,
    max(is_symbol) = 1 as is_symbol
from ranked
group by lower(name)
