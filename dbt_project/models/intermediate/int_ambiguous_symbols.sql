-- Names of more than one gene, one row a gene that the name may stand for, with what tells the genes apart: curated ones,
-- and those that HGNC lists as previous symbol, else as alias, of several genes.
with of_hgnc as (

    select
        symbol,
        hugo_symbol,
        entrez_gene_id,
        1 as preference
    from {{ ref('hgnc_previous_symbols') }}
    union all
    select
        symbol,
        hugo_symbol,
        entrez_gene_id,
        2 as preference
    from {{ ref('hgnc_alias_symbols') }}

),

best as (

    select
        symbol,
        min(preference) as preference
    from of_hgnc
    group by symbol

),

several as (

    select of_hgnc.symbol
    from of_hgnc
    inner join best on of_hgnc.symbol = best.symbol and of_hgnc.preference = best.preference
    left join {{ ref('gene_aliases') }} as curated on of_hgnc.symbol = curated.alias
    left join {{ ref('ambiguous_symbols') }} as known on of_hgnc.symbol = known.symbol
    where curated.alias is null and known.symbol is null
    group by of_hgnc.symbol
    having count(distinct of_hgnc.hugo_symbol) > 1

)

select
    symbol,
    hugo_symbol,
    entrez_gene_id,
    chromosome
from {{ ref('ambiguous_symbols') }}
union all
select
    of_hgnc.symbol,
    of_hgnc.hugo_symbol,
    max(of_hgnc.entrez_gene_id) as entrez_gene_id,
    cast(null as string) as chromosome
from of_hgnc
inner join several on of_hgnc.symbol = several.symbol
inner join best on of_hgnc.symbol = best.symbol and of_hgnc.preference = best.preference
group by of_hgnc.symbol, of_hgnc.hugo_symbol
