-- Every name under which a gene can be asked for, in capitals: its current symbol, what a panel calls it, what a table of
-- mutations calls it, what people call it (PD-L1), what HGNC knows it by, in this order where a name is that of two genes.
with known as (

    select hugo_symbol from {{ ref('gene_panels') }}
    union
    select hugo_symbol from {{ ref('mutations') }}
    union
    select hugo_symbol from {{ ref('undetermined_genes') }}

),

names as (

    select
        upper(hugo_symbol) as gene_name,
        hugo_symbol,
        0 as distance
    from known
    union
    select
        upper(hugo_symbol_raw) as gene_name,
        hugo_symbol,
        1 as distance
    from {{ ref('gene_panels') }}
    union
    select
        upper(hugo_symbol_raw) as gene_name,
        hugo_symbol,
        2 as distance
    from {{ ref('mutations') }}
    union
    select
        usual.usual_name as gene_name,
        panels.hugo_symbol,
        3 as distance
    from {{ ref('gene_usual_names') }} as usual
    inner join {{ ref('gene_panels') }} as panels on usual.hugo_symbol = panels.hugo_symbol
    union
    select
        upper(aliases.alias) as gene_name,
        known.hugo_symbol,
        4 as distance
    from {{ ref('int_gene_aliases') }} as aliases
    inner join known on aliases.hugo_symbol = known.hugo_symbol

),

ordered as (

    select
        gene_name,
        hugo_symbol,
        distance,
        row_number() over (partition by gene_name order by distance, hugo_symbol) as place
    from names
    where gene_name is not null and hugo_symbol is not null

)

select
    gene_name,
    hugo_symbol,
    case distance
        when 0 then 'current symbol' when 1 then 'name on a panel' when 2 then 'name in a table of mutations'
        when 3 then 'usual name' else 'name of the nomenclature committee'
    end as rule
from ordered
where place = 1
