-- Names of more than one gene, one row a gene that the name may stand for, with what tells the genes apart: curated ones,
-- and those that HGNC lists as previous symbol, else as alias, and that are not one gene's (int_gene_aliases).
select
    symbol,
    hugo_symbol,
    entrez_gene_id,
    chromosome,
    'curated' as rule
from {{ ref('ambiguous_symbols') }}
union all
select
    previous.symbol,
    previous.hugo_symbol,
    previous.entrez_gene_id,
    cast(null as string) as chromosome,
    'HGNC previous symbol' as rule
from {{ ref('hgnc_previous_symbols') }} as previous
left join {{ ref('int_gene_aliases') }} as decided on previous.symbol = decided.alias
where decided.alias is null
union all
select
    aliases.symbol,
    aliases.hugo_symbol,
    aliases.entrez_gene_id,
    cast(null as string) as chromosome,
    'HGNC alias' as rule
from {{ ref('hgnc_alias_symbols') }} as aliases
left join {{ ref('int_gene_aliases') }} as decided on aliases.symbol = decided.alias
left join {{ ref('hgnc_previous_symbols') }} as previous on aliases.symbol = previous.symbol
where decided.alias is null and previous.symbol is null
