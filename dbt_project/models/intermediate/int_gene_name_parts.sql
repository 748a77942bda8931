-- Genes that stand as a word inside a name of mutation and copy-number tables: ALK in 'NM_004304.5:ALK', 'ALK&EML4', 'ALK_HUMAN',
-- 'EML4::ALK'. Where the name as a whole cannot be read, its row concerns each of them (marts.undetermined_genes).
-- is_composite says of which names no list knows the whole, though a word of it is a gene: with an underscore or a version
-- ('ALK_HUMAN', 'ALK.1'); or with hyphens, where every word is a gene and no number says which one ('EML4-ALK'; BIVM-ERCC5
-- is the read-through gene that HGNC calls so).
{% set most_words = 12 %}
with names as (

    select
        hugo_symbol as name_raw,
        max(case when entrez_gene_id > 0 then 1 else 0 end) = 1 as has_number
    from (
        select
            hugo_symbol,
            entrez_gene_id
        from {{ ref('stg_mutations') }}
        union all
        select
            hugo_symbol,
            entrez_gene_id
        from {{ ref('stg_copy_number') }}
        union all
        select
            hugo_symbol,
            entrez_gene_id
        from {{ ref('stg_copy_number_no_calls') }}
    ) as named
    where {{ matches('hugo_symbol', "'[^A-Za-z0-9]'") }}
    group by hugo_symbol

),

broken as (

    select
        name_raw,
        'marks' as broken_at,
        {{ replace_all('name_raw', "'[^A-Za-z0-9.@-]+'", "','") }} as word_list
    from names
    union all
    select
        name_raw,
        'marks, hyphens and points' as broken_at,
        {{ replace_all('name_raw', "'[^A-Za-z0-9]+'", "','") }} as word_list
    from names
    union all
    select
        name_raw,
        'version' as broken_at,
        {{ replace_all('name_raw', "'[.][0-9]+$'", "''") }} as word_list
    from names

),

words as (

    {% for i in range(1, most_words + 1) %}
        select
            name_raw,
            broken_at,
            split_part(word_list, ',', {{ i }}) as word
        from broken
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

listed as (

    select
        name_lower,
        name,
        is_symbol
    from {{ ref('int_listed_gene_names') }}

),

-- or a name that stands alone in a row
plain as (

    select distinct hugo_symbol as name
    from {{ ref('stg_mutations') }}
    where {{ matches('hugo_symbol', "'^[A-Z][A-Z0-9]+(-[A-Z0-9]+)?$'") }}

),

known as (

    select
        words.name_raw,
        words.broken_at,
        words.word,
        coalesce(aliases.hugo_symbol, symbols.hugo_symbol, listed.name, plain.name) as hugo_symbol
    from words
    left join listed on lower(words.word) = listed.name_lower and listed.is_symbol
    left join plain on words.word = plain.name
    left join {{ ref('int_gene_aliases') }} as aliases on listed.name = aliases.alias
    left join {{ ref('int_gene_symbols') }} as symbols on listed.name = symbols.symbol_raw
    where words.word <> '' and words.word <> words.name_raw

),

counted as (

    select
        name_raw,
        max(case when broken_at in ('marks', 'version') and hugo_symbol is not null then 1 else 0 end) = 1 as has_gene,
        min(case when broken_at = 'marks, hyphens and points' and hugo_symbol is null then 0 else 1 end) = 1
            as is_of_genes_alone
    from known
    group by name_raw

)

select distinct
    known.name_raw,
    known.hugo_symbol,
    listed.name is null
    and {{ matches('known.name_raw', "'^[A-Za-z0-9][A-Za-z0-9._@-]*$'") }}
    and case
        when {{ matches('known.name_raw', "'[._]'") }} then counted.has_gene
        else counted.is_of_genes_alone and not names.has_number
    end as is_composite
from known
inner join counted on known.name_raw = counted.name_raw
inner join names on known.name_raw = names.name_raw
-- NKX2.1 is NKX2-1
left join listed
    on
        (lower(replace(known.name_raw, '.', '-')) = listed.name_lower and listed.is_symbol)
        or lower(known.name_raw) = listed.name_lower
where known.hugo_symbol is not null
