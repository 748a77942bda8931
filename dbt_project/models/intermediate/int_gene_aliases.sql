-- Every name of a gene that is not its current symbol, with the one gene that it stands for: curated names first, else
-- HGNC's previous symbols (what a call table of its time could only write), else HGNC's aliases. A name of several genes
-- is in int_ambiguous_symbols.
with listed as (

    select
        alias,
        hugo_symbol,
        'curated alias' as rule,
        1 as preference
    from {{ ref('gene_aliases') }}
    union all
    select
        symbol as alias,
        hugo_symbol,
        'HGNC previous symbol' as rule,
        2 as preference
    from {{ ref('hgnc_previous_symbols') }}
    union all
    select
        symbol as alias,
        hugo_symbol,
        'HGNC alias' as rule,
        3 as preference
    from {{ ref('hgnc_alias_symbols') }}

),

best as (

    select
        alias,
        min(preference) as preference
    from listed
    group by alias

)

select
    listed.alias,
    min(listed.hugo_symbol) as hugo_symbol,
    min(listed.rule) as rule
from listed
inner join best on listed.alias = best.alias and listed.preference = best.preference
group by listed.alias
having count(distinct listed.hugo_symbol) = 1
