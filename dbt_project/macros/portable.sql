{#- What differs between engines, in one place; DuckDB is the default, Spark has its own. -#}

{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}

{% macro matches(text, pattern) -%}{{ return(adapter.dispatch('matches')(text, pattern)) }}{%- endmacro %}
{% macro default__matches(text, pattern) -%}regexp_matches({{ text }}, {{ pattern }}){%- endmacro %}
{% macro spark__matches(text, pattern) -%}({{ text }} rlike {{ pattern }}){%- endmacro %}

{% macro list_words(text) -%}{{ return(adapter.dispatch('list_words')(text)) }}{%- endmacro %}
{% macro default__list_words(text) -%}string_agg(distinct {{ text }}, '; ' order by {{ text }}){%- endmacro %}
{% macro spark__list_words(text) -%}array_join(array_sort(collect_set({{ text }})), '; '){%- endmacro %}

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
        when 'years' then {{ value }} * 365.25 / {{ days_per_month() }}
    end
{%- endmacro %}

{#- Text to double; a decimal comma is turned only where the catalogue declares it. -#}
{% macro to_double(text, decimal) -%}
    try_cast(case when {{ decimal }} = ',' then replace({{ text }}, ',', '.') else {{ text }} end as double)
{%- endmacro %}

{#- Chromosome without 'chr', M as MT. -#}
{% macro bare_chromosome(text) -%}
    case
        when upper({{ text }}) in ('M', 'MT', 'CHRM', 'CHRMT') then 'MT'
        else regexp_replace({{ text }}, '^[cC][hH][rR]', '')
    end
{%- endmacro %}

{#- A 64-bit hash of several columns together; nulls count as a value of their own. -#}
{% macro hash_of(columns) -%}{{ return(adapter.dispatch('hash_of')(columns)) }}{%- endmacro %}
{% macro default__hash_of(columns) -%}hash({{ columns | join(', ') }}){%- endmacro %}
{% macro spark__hash_of(columns) -%}xxhash64({{ columns | join(', ') }}){%- endmacro %}

{#- sha256 of the sorted distinct values, one a line. -#}
{% macro hash_of_list(text) -%}{{ return(adapter.dispatch('hash_of_list')(text)) }}{%- endmacro %}
{% macro default__hash_of_list(text) -%}sha256(string_agg(distinct {{ text }}, chr(10) order by {{ text }})){%- endmacro %}
{% macro spark__hash_of_list(text) -%}sha2(array_join(array_sort(collect_set({{ text }})), chr(10)), 256){%- endmacro %}
