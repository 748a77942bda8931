-- Entrez and Ensembl numbers with the one current symbol that the sources give them: a table of the nomenclature
-- committee where one was read, else the panels, else the mutation tables. A number under several symbols has none.
with named as (

    select
        'entrez' as id_type,
        cast(entrez_gene_id as string) as identifier,
        hugo_symbol as symbol_raw,
        1 as preference
    from {{ ref('stg_gene_identifiers') }}
    where entrez_gene_id > 0
    union all
    select
        'ensembl' as id_type,
        ensembl_gene_id as identifier,
        hugo_symbol as symbol_raw,
        case when entrez_gene_id is null then 3 else 1 end as preference
    from {{ ref('stg_gene_identifiers') }}
    where ensembl_gene_id is not null
    union all
    select
        'entrez' as id_type,
        cast(entrez_gene_id as string) as identifier,
        hugo_symbol as symbol_raw,
        2 as preference
    from {{ ref('stg_gene_panels') }}
    where entrez_gene_id > 0
    union all
    select
        'entrez' as id_type,
        cast(entrez_gene_id as string) as identifier,
        hugo_symbol as symbol_raw,
        3 as preference
    from {{ ref('stg_mutations') }}
    -- GENE(uc001abc.1:exon3:...) is a splice site's annotation, not a symbol
    where entrez_gene_id > 0 and hugo_symbol not like '%(%'
    group by entrez_gene_id, hugo_symbol

),

current_names as (

    select distinct
        named.id_type,
        named.identifier,
        named.preference,
        coalesce(aliases.hugo_symbol, named.symbol_raw) as hugo_symbol
    from named
    left join {{ ref('gene_aliases') }} as aliases on named.symbol_raw = aliases.alias
    where named.symbol_raw is not null

),

best as (

    select
        id_type,
        identifier,
        min(preference) as preference
    from current_names
    group by id_type, identifier

)

select
    best.id_type,
    best.identifier,
    min(current_names.hugo_symbol) as hugo_symbol,
    case best.preference
        when 1 then 'identifier table' when 2 then 'gene panel' else 'mutation table'
    end as rule
from best
inner join current_names
    on
        best.id_type = current_names.id_type
        and best.identifier = current_names.identifier
        and best.preference = current_names.preference
group by best.id_type, best.identifier, best.preference
having count(*) = 1
