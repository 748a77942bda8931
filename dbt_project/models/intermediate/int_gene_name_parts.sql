-- Genes that stand as a word inside a name of mutation and copy-number tables: ALK in 'NM_004304.5:ALK', 'ALK&EML4', 'ALK_HUMAN',
-- 'EML4::ALK'. Where the name as a whole cannot be read, its row concerns each of them (marts.undetermined_genes).
-- A date that is written out (2020-09-02, 9/2/2020, 2-Sep-20) is SEPT2, which a spreadsheet took for the second of September;
-- of two figures below 13 nobody knows which is the month, so that it may be either's.
-- is_composite says of which names no list knows the whole, though a word of it is a gene: with an underscore or a version
-- ('ALK_HUMAN', 'ALK.1'); or with hyphens, where every word is a gene and no number says which one ('EML4-ALK'; BIVM-ERCC5
-- is the read-through gene that HGNC calls so).
{% set most_words = 12 %}
with names as (

    select
        name_raw,
        has_number
    from {{ ref('int_written_names') }}
    where {{ matches('name_raw', "'[^A-Za-z0-9]'") }}

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

-- the two figures that a date may begin with
figures as (

    select
        name_raw,
        {{ first_group('name_raw', "'^0?([0-9]{1,2})[-/.][0-9]{1,2}(?:[-/.](?:[0-9]{4}|[0-9]{2}))?(?: .*)?$'") }} as first_figure,
        {{ first_group('name_raw', "'^[0-9]{1,2}[-/.]0?([0-9]{1,2})(?:[-/.](?:[0-9]{4}|[0-9]{2}))?(?: .*)?$'") }} as second_figure
    from names

),

-- day and month of each reading of a date
dates as (

    select
        name_raw,
        {{ first_group('name_raw', "'^[0-9]{4}[-/.]0?([0-9]{1,2})[-/.][0-9]{1,2}(?: .*)?$'") }} as month_number,
        {{ first_group('name_raw', "'^[0-9]{4}[-/.][0-9]{1,2}[-/.]0?([0-9]{1,2})(?: .*)?$'") }} as day_number
    from names
    union all
    select
        name_raw,
        first_figure as month_number,
        second_figure as day_number
    from figures
    union all
    select
        name_raw,
        second_figure as month_number,
        first_figure as day_number
    from figures

),

genes_of_dates as (

    select
        name_raw,
        case month_number
            when '3' then 'MARCH' when '9' then 'SEPT' when '10' then 'OCT' when '12' then 'DEC'
        end || day_number as word
    from dates
    where day_number <> ''
    union all
    select
        names.name_raw,
        months.prefix || {{ first_group('names.name_raw', "'^0?([0-9]{1,2})'") }} as word
    from names
    inner join {{ ref('spreadsheet_months') }} as months
        on
            {{ matches('lower(names.name_raw)', "'^[0-9]{1,2}[-/. ]+[^0-9]{3,}[-/. ]+([0-9]{4}|[0-9]{2})$'") }}
            and {{ replace_all('lower(names.name_raw)', "'[0-9./ -]'", "''") }} = months.word

),

words as (

    {% for i in range(1, most_words + 1) %}
        select
            name_raw,
            broken_at,
            split_part(word_list, ',', {{ i }}) as word
        from broken
        union all
    {% endfor %}
    select
        name_raw,
        'date' as broken_at,
        word
    from genes_of_dates
    where word is not null

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

    select name_raw as name
    from {{ ref('int_written_names') }}
    where is_of_a_mutation and {{ matches('name_raw', "'^[A-Z][A-Z0-9]+(-[A-Z0-9]+)?$'") }}

),

known as (

    select
        words.name_raw,
        words.broken_at,
        words.word,
        coalesce(
            aliases.hugo_symbol, dated.hugo_symbol, several.hugo_symbol, symbols.hugo_symbol, listed.name, plain.name
        ) as hugo_symbol
    from words
    left join listed on lower(words.word) = listed.name_lower and listed.is_symbol
    left join plain on words.word = plain.name
    left join {{ ref('int_gene_aliases') }} as aliases on listed.name = aliases.alias
    left join {{ ref('int_gene_aliases') }} as dated on words.broken_at = 'date' and words.word = dated.alias
    left join {{ ref('int_ambiguous_symbols') }} as several on words.broken_at = 'date' and words.word = several.symbol
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
