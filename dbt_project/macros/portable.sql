{#- What differs between engines, in one place; DuckDB is the default, Spark has its own. -#}

{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}

{#- Patterns are RE2's, as DuckDB reads them. Java's `.` passes over six line breaks where RE2's passes over one, and its $
    also stands before a line break at the end: Spark gets (?d), and \z for a $ that ends a pattern, a group or a way. -#}
{% macro java_pattern(pattern) -%}
{%- if pattern.startswith("'") and pattern.endswith("'") -%}
'(?d){{ pattern[1:-1] | replace('$', '\\\\z') }}'
{%- else -%}
('(?d)' || regexp_replace({{ pattern }}, '(?<!\\\\)[$](?=$|[|)])', '\\\\z'))
{%- endif -%}
{%- endmacro %}

{#- Whether a pattern is found in a text. -#}
{% macro matches(text, pattern) -%}{{ return(adapter.dispatch('matches')(text, pattern)) }}{%- endmacro %}
{% macro default__matches(text, pattern) -%}regexp_matches({{ text }}, {{ pattern }}){%- endmacro %}
{% macro spark__matches(text, pattern) -%}({{ text }} rlike {{ java_pattern(pattern) }}){%- endmacro %}

{#- What the first pair of brackets of a pattern holds where it stands first; empty where it stands nowhere. -#}
{% macro first_group(text, pattern) -%}{{ return(adapter.dispatch('first_group')(text, pattern)) }}{%- endmacro %}
{% macro default__first_group(text, pattern) -%}regexp_extract({{ text }}, {{ pattern }}, 1){%- endmacro %}
{% macro spark__first_group(text, pattern) -%}regexp_extract({{ text }}, {{ java_pattern(pattern) }}, 1){%- endmacro %}

{#- Every place where a pattern stands, replaced. -#}
{% macro replace_all(text, pattern, by) -%}{{ return(adapter.dispatch('replace_all')(text, pattern, by)) }}{%- endmacro %}
{% macro default__replace_all(text, pattern, by) -%}regexp_replace({{ text }}, {{ pattern }}, {{ by }}, 'g'){%- endmacro %}
{% macro spark__replace_all(text, pattern, by) -%}
regexp_replace({{ text }}, {{ java_pattern(pattern) }}, {{ by }})
{%- endmacro %}

{#- Text without the blanks at its ends, no-break and wide ones among them (Spark's own trim knows one). -#}
{% macro trimmed(text) -%}{{ return(adapter.dispatch('trimmed')(text)) }}{%- endmacro %}
{% macro default__trimmed(text) -%}trim({{ text }}){%- endmacro %}
{% macro spark__trimmed(text) -%}
btrim({{ text }}, ' \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000')
{%- endmacro %}

{#- A number as text with one decimal, null where there is none. Spark writes 12345678.9 as 1.23456789E7, rounds its decimal
    digits, not the double, and has no floor of 1e20. -#}
{% macro one_decimal(number) -%}{{ return(adapter.dispatch('one_decimal')(number)) }}{%- endmacro %}
{% macro default__one_decimal(number) -%}cast(round({{ number }}, 1) as string){%- endmacro %}
{% macro spark__one_decimal(number) -%}
{%- set tenths = "abs(" ~ number ~ ") * 10" -%}
case
    when abs({{ number }}) < 1e16
        then format_string(
            '%.1f',
            sign({{ number }})
            * (floor({{ tenths }}) + case when {{ tenths }} - floor({{ tenths }}) >= 0.5e0 then 1 else 0 end) / 10
        )
    when {{ number }} is not null then lower(regexp_replace(cast({{ number }} as string), '([.]0)?E', 'e+'))
end
{%- endmacro %}

{#- Distinct words in their order, with '; ' between them; null where there is none. -#}
{% macro list_words(text) -%}{{ return(adapter.dispatch('list_words')(text)) }}{%- endmacro %}
{% macro default__list_words(text) -%}string_agg(distinct {{ text }}, '; ' order by {{ text }}){%- endmacro %}
{% macro spark__list_words(text) -%}
case when count({{ text }}) > 0 then array_join(array_sort(collect_set({{ text }})), '; ') end
{%- endmacro %}

{#- The same as a list. The type of such a column is varchar[] on DuckDB and array<string> on Spark. -#}
{% macro list_of_words(text) -%}{{ return(adapter.dispatch('list_of_words')(text)) }}{%- endmacro %}
{% macro default__list_of_words(text) -%}
array_agg(distinct {{ text }} order by {{ text }}) filter (where {{ text }} is not null)
{%- endmacro %}
{% macro spark__list_of_words(text) -%}
case when count({{ text }}) > 0 then array_sort(collect_set({{ text }})) end
{%- endmacro %}

{#- Lines of a text as a list; null where there is none. -#}
{% macro list_of_lines(text) -%}{{ return(adapter.dispatch('list_of_lines')(text)) }}{%- endmacro %}
{% macro default__list_of_lines(text) -%}string_split({{ text }}, chr(10)){%- endmacro %}
{% macro spark__list_of_lines(text) -%}split({{ text }}, chr(10)){%- endmacro %}

{#- A row of a file as one text, so that the first row of several is one minimum and never a file and a row that do not
    belong together; and the two parts of it. -#}
{% macro place(file, row) -%}({{ file }} || lpad(cast({{ row }} as string), 10, '0')){%- endmacro %}
{% macro place_file(place) -%}substring({{ place }}, 1, length({{ place }}) - 10){%- endmacro %}
{% macro place_row(place) -%}cast(substring({{ place }}, length({{ place }}) - 9, 10) as bigint){%- endmacro %}

{% macro days_per_month() -%}30.4375{%- endmacro %}

{#- A duration in its own unit to months of 30.4375 days. -#}
{% macro to_months(value, unit) -%}
    case {{ unit }}
        when 'days' then {{ value }} / {{ days_per_month() }}
        when 'weeks' then {{ value }} * 7 / {{ days_per_month() }}
        when 'months' then {{ value }}
        when 'months_of_30_days' then {{ value }} * 30 / {{ days_per_month() }}
        when 'years' then {{ value }} * 365.25 / {{ days_per_month() }}
    end
{%- endmacro %}

{#- Days in a unit of time. -#}
{% macro days_in(unit) -%}
    case {{ unit }}
        when 'days' then 1.0
        when 'weeks' then 7.0
        when 'months' then {{ days_per_month() }}
        when 'months_of_30_days' then 30.0
        when 'years' then 365.25
    end
{%- endmacro %}

{#- Text to a finite double, or null: digits with one decimal mark and perhaps an exponent, nothing else. DuckDB's own
    cast also takes 'nan', 'inf' and '1_000', Spark's takes '16D'. A decimal comma is turned only where the catalogue
    declares it; there '1.234' may be a thousand or one and a bit, so it is no number. -#}
{% macro to_double(text, decimal="'.'") -%}
    case
        when {{ decimal }} = ',' and {{ matches(text, "'^[+-]?[1-9][0-9]{0,2}([.][0-9]{3})+$'") }} then null
        when {{ matches(
            "case when " ~ decimal ~ " = ',' then replace(" ~ text ~ ", ',', '.') else " ~ text ~ " end",
            "'^[+-]?([0-9]{1,200}([.][0-9]*)?|[.][0-9]+)([eE]([+]?[0-9]{1,2}|-[0-9]{1,3}))?$'"
        ) }} then try_cast(case when {{ decimal }} = ',' then replace({{ text }}, ',', '.') else {{ text }} end as double)
    end
{%- endmacro %}

{#- Text to a whole number, or null: digits, or a double that is whole ('1.00271849E8' is MEF2B's Entrez number after a
    spreadsheet). '2.7' is none, though DuckDB's own cast makes it 3. -#}
{% macro to_bigint(text) -%}
    case
        when {{ matches(text, "'^[+-]?[0-9]{1,18}$'") }} then try_cast({{ text }} as bigint)
        when {{ matches(text, "'^[+-]?[0-9]{1,15}([.][0-9]*)?([eE][+]?[0-9]{1,2})?$'") }}
            and abs(try_cast({{ text }} as double)) < 9007199254740992
            and try_cast({{ text }} as double) = floor(try_cast({{ text }} as double))
            then cast(try_cast({{ text }} as double) as bigint)
    end
{%- endmacro %}

{#- A position: a whole number above 0, thousands separators allowed ('29,415,640'). -#}
{% macro to_position(text) -%}
    nullif(greatest(coalesce({{ to_bigint(
        "case when " ~ matches(text, "'^[0-9]{1,3}([,.'' ][0-9]{3}){2,}$'") ~ " then "
        ~ replace_all(text, "'[^0-9]'", "''") ~ " else " ~ text ~ " end"
    ) }}, 0), 0), 0)
{%- endmacro %}

{#- Chromosome in capitals without 'chr' and leading zeros; 23 and 24 are X and Y, M is MT. -#}
{% macro bare_chromosome(text) -%}
    {%- set bare = replace_all("upper(" ~ trimmed(text) ~ ")", "'^(CHR)?[ _]*0*'", "''") %}
    case {{ bare }}
        when 'M' then 'MT' when '23' then 'X' when '24' then 'Y' when '' then null
        else {{ bare }}
    end
{%- endmacro %}

{#- A sample's or patient's name by which spellings are compared: small letters and digits, one hyphen for any other marks, no
    zeros at the beginning of a part. -#}
{% macro sample_key(name) -%}
substring({{ replace_all("'-' || " ~ replace_all("lower(" ~ name ~ ")", "'[^a-z0-9]+'", "'-'"), "'-0+'", "'-'") }}, 2)
{%- endmacro %}

{#- Rows of a relation with each beginning of its name_key (`sample_key`): its first parts, one to seven of them. -#}
{% macro key_beginnings(relation, columns) -%}
{% for n in range(1, 8) %}
select
    {{ columns }},
    {% for i in range(1, n + 1) %}split_part(name_key, '-', {{ i }}){{ " || '-' || " if not loop.last }}{% endfor %} as beginning
from {{ relation }}
where split_part(name_key, '-', {{ n + 1 }}) <> ''
{{ "union all" if not loop.last }}
{% endfor %}
{%- endmacro %}

{#- HGNC writes open reading frames C2orf16; sources write C2ORF16 too, and MC3's two call sets write both. -#}
{% macro reading_frame_name(text) -%}
    case
        when {{ matches("upper(" ~ text ~ ")", "'^C([0-9]{1,2}|X|Y)ORF[0-9]+[A-Z]?$'") }}
            then replace(upper({{ text }}), 'ORF', 'orf')
    end
{%- endmacro %}

{#- A symbol as HGNC spells it: the name itself, but for the letters of an open reading frame. -#}
{% macro spelled_symbol(text) -%}coalesce({{ reading_frame_name(text) }}, {{ text }}){%- endmacro %}

{#- GRCh36, GRCh37 or GRCh38 of the words that sources use (37, hg19, b37, GRCh37-lite); null where nothing is said. -#}
{% macro genome_build(text) -%}
    case
        when {{ matches("lower(coalesce(" ~ text ~ ", ''))", "'(hg18|36)'") }} then 'GRCh36'
        when {{ matches("lower(coalesce(" ~ text ~ ", ''))", "'(hg19|37)'") }} then 'GRCh37'
        when {{ matches("lower(coalesce(" ~ text ~ ", ''))", "'(hg38|38)'") }} then 'GRCh38'
    end
{%- endmacro %}

{#- A 64-bit hash of several columns together; nulls count as a value of their own (Spark's hash passes over them: a null and
    'A' would be 'A' and a null). -#}
{% macro hash_of(columns) -%}{{ return(adapter.dispatch('hash_of')(columns)) }}{%- endmacro %}
{% macro default__hash_of(columns) -%}hash({{ columns | join(', ') }}){%- endmacro %}
{% macro spark__hash_of(columns) -%}
xxhash64({% for column in columns %}{{ column }}, {{ column }} is null{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{#- sha256 of the sorted distinct values, one a line. -#}
{% macro hash_of_list(text) -%}{{ return(adapter.dispatch('hash_of_list')(text)) }}{%- endmacro %}
{% macro default__hash_of_list(text) -%}sha256(string_agg(distinct {{ text }}, chr(10) order by {{ text }})){%- endmacro %}
{% macro spark__hash_of_list(text) -%}
case when count({{ text }}) > 0 then sha2(array_join(array_sort(collect_set({{ text }})), chr(10)), 256) end
{%- endmacro %}

{#- The first residue that a protein change names (p.V600E, p.Val600Glu: 600), or null. With '*' among the letters also
    that of a lost stop (p.*1621Q). -#}
{% macro residue(change, letters='A-Za-z') -%}
    try_cast(nullif({{ first_group(change, "'^p[.][" ~ letters ~ "]+([0-9]+)'") }}, '') as bigint)
{%- endmacro %}

{#- A relation without the name of its database: a view that is published in a copy of the file, or read in an attached
    one, finds its tables beside it. -#}
{% macro without_database(relation) -%}{{ relation.include(database=false) }}{%- endmacro %}

{#- A protein change in one letter an amino acid, as HGVSp_Short is: p.Val600Glu becomes p.V600E, p.%3D p.=. Null where the
    text is no protein change (*104* of an intron; p.-138fs, before the first residue, of three CheckMate tables and Hugo's).
    Changes of several residues stay as Oncotator writes them (p.328_331DAST>A): HGVS would need the protein's sequence. -#}
{% macro one_letter(change) -%}
{%- set letters = {
    'Ala': 'A', 'Arg': 'R', 'Asn': 'N', 'Asp': 'D', 'Cys': 'C', 'Gln': 'Q', 'Glu': 'E', 'Gly': 'G', 'His': 'H', 'Ile': 'I',
    'Leu': 'L', 'Lys': 'K', 'Met': 'M', 'Phe': 'F', 'Pro': 'P', 'Sec': 'U', 'Ser': 'S', 'Thr': 'T', 'Trp': 'W', 'Tyr': 'Y',
    'Val': 'V', 'Ter': '*'
} -%}
{%- set found = namespace(text=change) -%}
{%- for long, short in letters.items() -%}
{%- set found.text = "replace(" ~ found.text ~ ", '" ~ long ~ "', '" ~ short ~ "')" -%}
{%- endfor -%}
case
    when substring({{ change }}, 1, 2) <> 'p.' or substring({{ change }}, 1, 3) = 'p.-' then null
    when {{ matches(change, "'^p[.][A-Z][a-z][a-z]'") }} then {{ found.text }}
    else replace({{ change }}, '%3D', '=')
end
{%- endmacro %}
