-- What the gene names of mutation and copy-number tables can mean: one row a name and gene that it may stand for, or one row without
-- a gene where the name says that there is none (names_no_gene) or cannot be read (is_readable false).
-- Stated rules, no guess: GENE(transcript:exon:change,...) is GENE; A;B, A,B and A/B are several genes; A|123 is A with
-- its Entrez number, 123 alone is that number, and LOC123 is NCBI's name for the gene of that number; 2-Sep and 02-sept
-- are SEPT2; an Ensembl number is looked up, and ALK-201 is Ensembl's name of a transcript of ALK; a name in other letters
-- (alk, NKX2.1) is the one spelled so elsewhere; then curated aliases, then the panel's symbol of the same Entrez number. A
-- composite name (ALK_HUMAN, EML4-ALK) is not read: int_gene_name_parts has the genes that it may be. Nor is a number of a
-- transcript, a protein or a variant (NM_004304.5, ENST00000389048, rs113994087): no gene is called so.
{% set most_names = 12 %}
with names as (

    select coalesce(hugo_symbol, '') as name_raw
    from {{ ref('stg_mutations') }}
    union
    select coalesce(hugo_symbol, '') as name_raw
    from {{ ref('stg_copy_number') }}
    union
    select coalesce(hugo_symbol, '') as name_raw
    from {{ ref('stg_copy_number_no_calls') }}

),

plain as (

    select
        name_raw,
        -- what stands in brackets alone is the name
        case
            -- a date with strokes (9/2/2020) is no list of numbers
            when {{ matches('name_raw', "'^[0-9]{1,4}/[0-9]{1,2}(/[0-9]{2,4})?( .*)?$'") }} then name_raw
            when {{ matches('name_raw', "'^[(][^()]*[)]$'") }} then {{ trimmed("replace(replace(name_raw, '(', ''), ')', '')") }}
            else {{ replace_all(replace_all('name_raw', "'[(][^)]*[)]'", "''"), "'[;/]'", "','") }}
        end as name_list
    from names

),

pieces as (

    {% for i in range(1, most_names + 1) %}
        select
            name_raw,
            {{ i }} as piece_number,
            {{ trimmed("split_part(name_list, ',', " ~ i ~ ")") }} as piece
        from plain
        union all
    {% endfor %}
    -- more than that is no list of genes that anybody has read
    select
        name_raw,
        {{ most_names + 1 }} as piece_number,
        'more than {{ most_names }} names' as piece
    from plain
    where split_part(name_list, ',', {{ most_names + 1 }}) <> ''

),

parted as (

    select distinct
        name_raw,
        case
            when {{ matches('piece', "'^.+[|][0-9]+$'") }} then {{ trimmed(replace_all('piece', "'[|][0-9]+$'", "''")) }}
            else piece
        end as piece,
        case
            when {{ matches('piece', "'^(.+[|])?[0-9]+$'") }}
                then {{ to_bigint(replace_all('piece', "'^.*[|]'", "''")) }}
        end as entrez_gene_id
    from pieces
    where piece <> '' or piece_number = 1

),

sentinels as (

    select word
    from {{ ref('no_gene_words') }}
    union all
    select '' as word

),

-- 2-Sep, 02-sept., Sep-02: day and month are number and prefix of the gene
dated as (

    select
        parted.name_raw,
        parted.piece,
        parted.entrez_gene_id,
        sentinels.word is not null as names_no_gene,
        case
            when months.prefix is not null
                then months.prefix || {{ replace_all(replace_all('parted.piece', "'[^0-9]'", "''"), "'^0'", "''") }}
            else parted.piece
        end as name
    from parted
    left join sentinels on lower(parted.piece) = sentinels.word
    left join {{ ref('spreadsheet_months') }} as months
        on
            {{ matches('lower(parted.piece)', "'^(0?[1-9]|1[0-9])[-/. ]+[^0-9]{3,}$|^[^0-9]{3,}[-/. ]+(0?[1-9]|1[0-9])$'") }}
            and {{ replace_all('lower(parted.piece)', "'[0-9./ -]'", "''") }} = months.word

),

-- a name that no list has is spelled as most rows spell it
common_spellings as (

    select
        lower(hugo_symbol) as name_lower,
        hugo_symbol as name,
        row_number() over (
            partition by lower(hugo_symbol) order by count(*) desc, hugo_symbol
        ) as place
    from {{ ref('stg_mutations') }}
    where hugo_symbol is not null
    group by hugo_symbol

),

spelled as (

    select
        dated.name_raw,
        dated.piece,
        dated.entrez_gene_id,
        dated.names_no_gene,
        coalesce(
            alias_exact.alias, listed.name, dotted.name, of_transcript.name, {{ reading_frame_name('dated.name') }},
            case
                when {{ matches('dated.name', "'^[A-Za-z][a-z0-9]*$'") }} and common.name = dated.name
                    then upper(dated.name)
                else common.name
            end,
            dated.name
        ) as name
    from dated
    left join {{ ref('int_listed_gene_names') }} as listed on lower(dated.name) = listed.name_lower
    left join {{ ref('int_gene_aliases') }} as alias_exact on dated.name = alias_exact.alias
    left join {{ ref('int_listed_gene_names') }} as dotted
        on lower(replace(dated.name, '.', '-')) = dotted.name_lower and dotted.is_symbol
    left join {{ ref('int_listed_gene_names') }} as of_transcript
        on
            {{ matches('dated.name', "'^[A-Z].*-2[0-9]{2}$'") }}
            and lower({{ replace_all('dated.name', "'-2[0-9]{2}$'", "''") }}) = of_transcript.name_lower
            and of_transcript.is_symbol
    left join common_spellings as common on lower(dated.name) = common.name_lower and common.place = 1

),

composite as (

    select distinct name_raw
    from {{ ref('int_gene_name_parts') }}
    where is_composite

),

resolved as (

    select
        spelled.name_raw,
        spelled.entrez_gene_id,
        spelled.names_no_gene,
        coalesce(
            several.hugo_symbol, by_ensembl.hugo_symbol, by_entrez.hugo_symbol, symbols.hugo_symbol, aliases.hugo_symbol, spelled.name
        ) as hugo_symbol,
        several.entrez_gene_id as candidate_entrez_gene_id,
        several.chromosome as candidate_chromosome,
        several.hugo_symbol is not null as is_ambiguous,
        coalesce(aliases.hugo_symbol = several.hugo_symbol, false) as is_default,
        (
            several.hugo_symbol is not null
            or by_ensembl.hugo_symbol is not null
            or (
                {{ matches('spelled.name', "'^[A-Za-z0-9][A-Za-z0-9._@-]*$'") }}
                and composite.name_raw is null
                and not {{ matches('spelled.name', "'^[0-9.,eE+-]+$'") }}
                and not {{ matches('spelled.name', "'^ENS[GTP][0-9]+'") }}
                and not {{ matches('spelled.name', "'^[NX][MRP]_[0-9]+|^CCDS[0-9]+([.][0-9]+)?$'") }}
                and not {{ matches('lower(spelled.name)', "'^rs[0-9]{4,}$|^uc[0-9]{3}[a-z]{3}([.][0-9]+)?$'") }}
                and not {{ matches('lower(spelled.name)', "'^[0-9]{1,4}[-/. ]+[a-z]{3,4}[.]?([-/. ][0-9]+)?$'") }}
                and not {{ matches('lower(spelled.name)', "'^(jan|feb|apr|may|jun|jul|aug|nov)[-/. ]+[0-9]+$'") }}
            )
        ) as is_readable,
        case
            when several.hugo_symbol is not null then 'symbol of several genes'
            when by_ensembl.hugo_symbol is not null then 'Ensembl number'
            when by_entrez.hugo_symbol <> spelled.name then 'Entrez number in the name'
            when aliases.hugo_symbol is not null then aliases.rule
            when symbols.hugo_symbol <> spelled.name then 'same Entrez number'
            when spelled.name <> spelled.piece then 'other spelling'
            else 'as given'
        end as rule
    from spelled
    left join {{ ref('int_ambiguous_symbols') }} as several on spelled.name = several.symbol
    left join {{ ref('int_gene_aliases') }} as aliases on spelled.name = aliases.alias
    left join {{ ref('int_gene_symbols') }} as symbols on spelled.name = symbols.symbol_raw
    left join {{ ref('int_gene_identifiers') }} as by_ensembl
        on
            by_ensembl.id_type = 'ensembl'
            and {{ replace_all('spelled.name', "'[.][0-9]+$'", "''") }} = by_ensembl.identifier
    left join {{ ref('int_gene_identifiers') }} as by_entrez
        on
            by_entrez.id_type = 'entrez'
            and {{ matches('upper(spelled.name)', "'^LOC[0-9]+$'") }}
            and substring(spelled.name, 4) = by_entrez.identifier
    left join composite on spelled.name_raw = composite.name_raw

)

select
    name_raw,
    case when is_readable and not names_no_gene then hugo_symbol end as hugo_symbol,
    names_no_gene,
    is_readable or names_no_gene as is_readable,
    max(entrez_gene_id) as stated_entrez_gene_id,
    max(candidate_entrez_gene_id) as candidate_entrez_gene_id,
    max(candidate_chromosome) as candidate_chromosome,
    max(case when is_ambiguous then 1 else 0 end) = 1 as is_ambiguous,
    max(case when is_default then 1 else 0 end) = 1 as is_default,
    min(rule) as rule
from resolved
group by
    name_raw, case when is_readable and not names_no_gene then hugo_symbol end, names_no_gene,
    is_readable or names_no_gene
