-- Every gene of the expression tables, whatever it is called there (symbol, Entrez number, Ensembl number with a
-- version, SYMBOL|ENTREZ), with its current HGNC symbol, or none where nothing gives one.
with genes as (

    select distinct gene as gene_raw
    from {{ ref('stg_expression') }}
    where gene is not null

),

parts as (

    select
        gene_raw,
        case
            when {{ matches('gene_raw', "'^[0-9]+$'") }} then gene_raw
            when {{ matches('gene_raw', "'^.+[|][0-9]+$'") }} then {{ replace_all('gene_raw', "'^.*[|]'", "''") }}
        end as entrez_gene_id,
        case
            when {{ matches('gene_raw', "'^ENSGR?[0-9]+([.][0-9]+)?$'") }} then {{ replace_all('gene_raw', "'[.].*$'", "''") }}
        end as ensembl_gene_id,
        case
            when {{ matches('gene_raw', "'^[0-9]+$'") }} then null
            when {{ matches('gene_raw', "'^ENSGR?[0-9]+([.][0-9]+)?$'") }} then null
            when {{ matches('gene_raw', "'^.+[|][0-9]+$'") }}
                then nullif({{ replace_all('gene_raw', "'[|].*$'", "''") }}, '?')
            else gene_raw
        end as symbol_raw
    from genes

)

select
    parts.gene_raw,
    coalesce(
        aliases.hugo_symbol, by_ensembl.hugo_symbol, case when parts.symbol_raw is null then by_entrez.hugo_symbol end,
        {{ spelled_symbol('parts.symbol_raw') }}
    ) as hugo_symbol,
    case
        when aliases.hugo_symbol is not null then aliases.rule
        when by_ensembl.hugo_symbol is not null then 'Ensembl number, ' || by_ensembl.rule
        when parts.symbol_raw is not null then 'as given'
        when by_entrez.hugo_symbol is not null then 'Entrez number, ' || by_entrez.rule
        else 'unresolved'
    end as rule
from parts
left join {{ ref('int_gene_aliases') }} as aliases
    on {{ spelled_symbol('parts.symbol_raw') }} = aliases.alias
left join {{ ref('int_gene_identifiers') }} as by_entrez
    on parts.entrez_gene_id = by_entrez.identifier and by_entrez.id_type = 'entrez'
left join {{ ref('int_gene_identifiers') }} as by_ensembl
    on parts.ensembl_gene_id = by_ensembl.identifier and by_ensembl.id_type = 'ensembl'
