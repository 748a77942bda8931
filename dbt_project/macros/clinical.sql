{#- Rules about clinical values that several models share. -#}

{#- Endpoints: <endpoint>_TIME and <endpoint>_STATUS are two attributes of one event. -#}
{% macro endpoints() -%}{{ return(['OS', 'PFS', 'DSS', 'DFI', 'PFI']) }}{%- endmacro %}

{#- A value without what is only spelling: case, blanks and what joins words. -#}
{% macro spelling_key(text) -%}
    {{ trimmed(replace_all("lower(" ~ text ~ ")", "'[ _,;:/()-]+'", "' '")) }}
{%- endmacro %}

{#- Whether two harmonised values say different things: words and texts by their spelling, numbers beyond 0.5 % and, where
    one is given more coarsely than the other, beyond the coarser one's last digit (10 months and 301 days are one time). -#}
{% macro values_differ(one, other) -%}
    case
        when {{ one }}.value_number is null and {{ other }}.value_number is null
            then {{ spelling_key(one ~ '.value_text') }} <> {{ spelling_key(other ~ '.value_text') }}
        when {{ one }}.value_number is null or {{ other }}.value_number is null then true
        when abs({{ one }}.value_number - {{ other }}.value_number)
            <= 0.005 * greatest(abs({{ one }}.value_number), abs({{ other }}.value_number)) then false
        else {{ one }}.value_step = {{ other }}.value_step
            or abs({{ one }}.value_number - {{ other }}.value_number)
            > greatest({{ one }}.value_step, {{ other }}.value_step)
    end
{%- endmacro %}

{#- The rule by which one of two values of an attribute counts; see seed contradiction_rules. -#}
{% macro deciding_rule(kept, other) -%}
    case
        when {{ kept }}.file_order <> {{ other }}.file_order then 'earlier_file'
        when {{ kept }}.column_order <> {{ other }}.column_order
            then case {{ kept }}.choice
                when 'declared' then 'declared_column' when 'own_name' then 'own_name' else 'synonym_order'
            end
        when {{ kept }}.is_own_level and not {{ other }}.is_own_level then 'own_level'
        else 'first_row'
    end
{%- endmacro %}

{#- A value as its source writes it, with the unit of a time. -#}
{% macro shown_value(cell) -%}
    ({{ cell }}.value_raw || case
        when {{ cell }}.attribute_type = 'time' then coalesce(' ' || {{ cell }}.unit_raw, '') else ''
    end)
{%- endmacro %}
