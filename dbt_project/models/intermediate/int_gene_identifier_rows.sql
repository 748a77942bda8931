-- Every row of a gene identifier table with its current symbol and what each of its numbers is used for: a number names
-- the row's gene unless it stands under several genes (int_gene_identifiers). problem says why a row names nothing.
with named as (

    select
        identifiers.source_file_id,
        identifiers.source_row,
        identifiers.hugo_symbol as hugo_symbol_raw,
        identifiers.entrez_gene_id,
        identifiers.ensembl_gene_id,
        case
            when sentinels.word is null
                then
                    coalesce(
                        aliases.hugo_symbol, {{ spelled_symbol('identifiers.hugo_symbol') }}
                    )
        end as hugo_symbol
    from {{ ref('stg_gene_identifiers') }} as identifiers
    left join {{ ref('int_gene_aliases') }} as aliases
        on {{ spelled_symbol('identifiers.hugo_symbol') }} = aliases.alias
    left join {{ ref('no_gene_words') }} as sentinels on lower(identifiers.hugo_symbol) = sentinels.word

),

judged as (

    select
        named.source_file_id,
        named.source_row,
        named.hugo_symbol_raw,
        named.hugo_symbol,
        named.entrez_gene_id,
        named.ensembl_gene_id,
        coalesce(by_entrez.hugo_symbol = named.hugo_symbol, false) as is_named_by_entrez,
        coalesce(by_ensembl.hugo_symbol = named.hugo_symbol, false) as is_named_by_ensembl
    from named
    left join {{ ref('int_gene_identifiers') }} as by_entrez
        on by_entrez.id_type = 'entrez' and cast(named.entrez_gene_id as string) = by_entrez.identifier
    left join {{ ref('int_gene_identifiers') }} as by_ensembl
        on by_ensembl.id_type = 'ensembl' and named.ensembl_gene_id = by_ensembl.identifier

)

select
    source_file_id,
    source_row,
    hugo_symbol_raw,
    hugo_symbol,
    entrez_gene_id,
    ensembl_gene_id,
    is_named_by_entrez,
    is_named_by_ensembl,
    case
        when is_named_by_entrez or is_named_by_ensembl then null
        when hugo_symbol is null or (coalesce(entrez_gene_id, 0) <= 0 and ensembl_gene_id is null)
            then 'half_gene_identifier'
        else 'ambiguous_gene_identifier'
    end as problem
from judged
