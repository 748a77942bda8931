-- Entrez and Ensembl numbers with the one current symbol that the sources give them: a table of identifiers of the
-- catalogue where one was read, else the project's list of HGNC, else the panels, else the mutation tables, of which at
-- least 9 in 10 rows must agree (one wrong number in one row takes no gene away). A number under several symbols has none.
with named as (

    select
        'entrez' as id_type,
        cast(entrez_gene_id as string) as identifier,
        hugo_symbol as symbol_raw,
        1 as preference,
        1 as n_rows
    from {{ ref('stg_gene_identifiers') }}
    where entrez_gene_id > 0
    union all
    select
        'ensembl' as id_type,
        ensembl_gene_id as identifier,
        hugo_symbol as symbol_raw,
        case when entrez_gene_id is null then 4 else 1 end as preference,
        1 as n_rows
    from {{ ref('stg_gene_identifiers') }}
    where ensembl_gene_id is not null
    union all
    select
        'entrez' as id_type,
        cast(entrez_gene_id as string) as identifier,
        hugo_symbol as symbol_raw,
        2 as preference,
        1 as n_rows
    from {{ ref('hgnc_genes') }}
    where entrez_gene_id is not null
    union all
    select
        'ensembl' as id_type,
        ensembl_gene_id as identifier,
        hugo_symbol as symbol_raw,
        2 as preference,
        1 as n_rows
    from {{ ref('hgnc_genes') }}
    where ensembl_gene_id is not null
    union all
    select
        'entrez' as id_type,
        cast(entrez_gene_id as string) as identifier,
        hugo_symbol as symbol_raw,
        3 as preference,
        1 as n_rows
    from {{ ref('stg_gene_panels') }}
    where entrez_gene_id > 0
    union all
    select
        'entrez' as id_type,
        cast(entrez_gene_id as string) as identifier,
        hugo_symbol as symbol_raw,
        4 as preference,
        count(*) as n_rows
    from {{ ref('stg_mutations') }}
    where entrez_gene_id > 0 and {{ matches('hugo_symbol', "'^[A-Za-z0-9._-]+$'") }}
    group by entrez_gene_id, hugo_symbol

),

current_names as (

    select
        named.id_type,
        named.identifier,
        named.preference,
        coalesce(aliases.hugo_symbol, {{ spelled_symbol('named.symbol_raw') }}) as hugo_symbol,
        sum(named.n_rows) as n_rows
    from named
    left join {{ ref('int_gene_aliases') }} as aliases
        on {{ spelled_symbol('named.symbol_raw') }} = aliases.alias
    left join {{ ref('no_gene_words') }} as sentinels on lower(named.symbol_raw) = sentinels.word
    where named.symbol_raw is not null and sentinels.word is null
    group by
        named.id_type, named.identifier, named.preference,
        coalesce(aliases.hugo_symbol, {{ spelled_symbol('named.symbol_raw') }})

),

best as (

    select
        id_type,
        identifier,
        min(preference) as preference
    from current_names
    group by id_type, identifier

),

ranked as (

    select
        current_names.id_type,
        current_names.identifier,
        current_names.preference,
        current_names.hugo_symbol,
        current_names.n_rows,
        sum(current_names.n_rows) over (
            partition by current_names.id_type, current_names.identifier
        ) as n_rows_of_number,
        count(*) over (partition by current_names.id_type, current_names.identifier) as n_symbols
    from current_names
    inner join best
        on
            current_names.id_type = best.id_type
            and current_names.identifier = best.identifier
            and current_names.preference = best.preference

)

select
    id_type,
    identifier,
    hugo_symbol,
    case preference
        when 1 then 'identifier table' when 2 then 'nomenclature committee' when 3 then 'gene panel'
        else 'mutation table'
    end as rule
from ranked
where n_symbols = 1 or (preference = 4 and id_type = 'entrez' and n_rows * 10 >= n_rows_of_number * 9)
