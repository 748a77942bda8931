-- Every name of a gene that a list has, as it is spelled there: curated aliases and symbols, panels, tables of identifiers.
select
    lower(name) as name_lower,
    min(name) as name
from (
    select alias as name from {{ ref('gene_aliases') }}
    union all
    select hugo_symbol as name from {{ ref('gene_aliases') }}
    union all
    select symbol as name from {{ ref('ambiguous_symbols') }}
    union all
    select hugo_symbol as name from {{ ref('ambiguous_symbols') }}
    union all
    select hugo_symbol as name from {{ ref('stg_gene_panels') }}
    union all
    select hugo_symbol as name from {{ ref('stg_gene_identifiers') }}
) as lists
where name is not null
group by lower(name)
