-- Every filled clinical cell as a harmonised attribute: pattern, then the cohort's own words, then the prefix 0: or 1: of
-- a status, then the shared vocabulary; numbers and times are cast, times turned into months, numbers into their
-- attribute's unit. A value that cannot be read keeps its row, with the rule that says why in problem.
with cells as (

    select * from {{ ref('stg_clinical_values') }} where value is not null

),

column_maps as (

    select * from {{ ref('stg_column_maps') }}

),

own_words as (

    select
        cohort_id,
        file_id,
        column_name,
        lower({{ trimmed('word') }}) as word,
        max(value) as harmonised_word
    from {{ ref('stg_word_maps') }}
    group by cohort_id, file_id, column_name, lower({{ trimmed('word') }})

),

shared_words as (

    select
        attribute,
        word,
        value as harmonised_word
    from {{ ref('vocabulary_words') }}

),

-- words of an endpoint that a person may reach alive
words_of_progression as (

    select distinct word
    from {{ ref('vocabulary_words') }}
    where attribute in ('PFS_STATUS', 'DFI_STATUS', 'PFI_STATUS')

),

mapped as (

    select
        cells.cohort_id,
        cells.file_id,
        cells.source_file_id,
        cells.source_row,
        cells.patient_id,
        cells.sample_id,
        cells.column_name,
        cells.value_raw,
        column_maps.column_order,
        column_maps.choice,
        column_maps.attribute,
        column_maps.level as attribute_level,
        column_maps.type as attribute_type,
        column_maps.unit as unit_raw,
        column_maps.attribute_unit,
        column_maps.decimal,
        column_maps.pattern,
        column_maps.range_low,
        column_maps.range_high,
        column_maps.file_order,
        case
            {%- for endpoint in endpoints() %}
                when column_maps.attribute in ('{{ endpoint }}_TIME', '{{ endpoint }}_STATUS') then '{{ endpoint }}'
            {%- endfor %}
        end as endpoint,
        {{ trimmed(
            "case when column_maps.pattern is null then cells.value "
            ~ "else " ~ first_group('cells.value', 'column_maps.pattern') ~ " end"
        ) }} as value_text
    from cells
    inner join column_maps
        on
            cells.cohort_id = column_maps.cohort_id
            and cells.file_id = column_maps.file_id
            and cells.column_name = column_maps.column_name

),

-- cBioPortal's format: a status is 0:WORD or 1:WORD, and the number decides, unless the word speaks against it: in the
-- status of a death, 1:PROGRESSION is nobody's death
prefixed as (

    select
        mapped.*,
        case
            when attribute_type = 'word' and endpoint is not null and {{ matches('value_text', "'^0[ ]*:'") }}
                then 'censored'
            when attribute_type = 'word' and endpoint is not null and {{ matches('value_text', "'^1[ ]*:'") }}
                then 'event'
        end as status_of_prefix,
        lower({{ trimmed(replace_all('value_text', "'^[01][ ]*:'", "''")) }}) as word_after_prefix
    from mapped
    where value_text <> '' or pattern is not null

),

worded as (

    select
        prefixed.*,
        own_words.harmonised_word as own_word,
        shared_words.harmonised_word as shared_word,
        coalesce(own_after.harmonised_word, shared_after.harmonised_word) as status_of_word,
        words_of_progression.word is not null as is_of_progression,
        coalesce(own_words.harmonised_word, prefixed.value_text) as value_spelled,
        case when own_words.harmonised_word is null then prefixed.decimal else '.' end as decimal_spelled
    from prefixed
    left join own_words
        on
            prefixed.cohort_id = own_words.cohort_id
            and prefixed.file_id = own_words.file_id
            and prefixed.column_name = own_words.column_name
            and lower(prefixed.value_text) = own_words.word
    left join shared_words
        on
            prefixed.attribute = shared_words.attribute
            and lower(prefixed.value_text) = shared_words.word
    left join own_words as own_after
        on
            prefixed.status_of_prefix is not null
            and prefixed.cohort_id = own_after.cohort_id
            and prefixed.file_id = own_after.file_id
            and prefixed.column_name = own_after.column_name
            and prefixed.word_after_prefix = own_after.word
    left join shared_words as shared_after
        on
            prefixed.status_of_prefix is not null
            and prefixed.attribute = shared_after.attribute
            and prefixed.word_after_prefix = shared_after.word
    left join words_of_progression
        on
            prefixed.status_of_prefix is not null
            and prefixed.attribute in ('OS_STATUS', 'DSS_STATUS')
            and prefixed.word_after_prefix = words_of_progression.word

),

numbered as (

    select
        worded.*,
        own_word is null and (
            status_of_prefix <> status_of_word or (status_of_word is null and is_of_progression)
        ) as is_against_prefix,
        {{ to_double('value_spelled', 'decimal_spelled') }} as value_number_raw,
        -- one unit of the last digit that is written
        power(
            10.0,
            -length({{ first_group("replace(value_spelled, decimal_spelled, '.')", "'^[+-]?[0-9]*[.]([0-9]+)$'") }})
        ) as step_raw
    from worded

),

harmonised as (

    select
        numbered.*,
        case
            when status_of_prefix is null then coalesce(own_word, shared_word)
            when coalesce(is_against_prefix, false) then null
            else coalesce(own_word, status_of_prefix)
        end as harmonised_word,
        case
            when attribute_type = 'time' then {{ to_months('value_number_raw', 'unit_raw') }}
            when attribute_type = 'number' and unit_raw <> attribute_unit
                then value_number_raw * {{ days_in('unit_raw') }} / {{ days_in('attribute_unit') }}
            when attribute_type = 'number' then value_number_raw
        end as value_number,
        case
            when attribute_type = 'time' then {{ to_months('step_raw', 'unit_raw') }}
            when attribute_type = 'number' and unit_raw <> attribute_unit
                then step_raw * {{ days_in('unit_raw') }} / {{ days_in('attribute_unit') }}
            else step_raw
        end as value_step
    from numbered

),

judged as (

    select
        harmonised.*,
        case
            when value_text = '' then 'pattern_not_found'
            when is_against_prefix then 'prefix_against_word'
            when attribute_type = 'word' and harmonised_word is null then 'unknown_word'
            when attribute_type in ('number', 'time') and value_number_raw is null then 'not_a_number'
            when attribute_type = 'time' and value_number_raw < 0 then 'negative_time'
            when value_number < range_low or value_number > range_high then 'out_of_range'
        end as problem
    from harmonised

)

select
    cohort_id,
    file_id,
    file_order,
    source_file_id,
    source_row,
    patient_id,
    sample_id,
    column_name,
    column_order,
    choice,
    attribute,
    attribute_level,
    attribute_type,
    endpoint,
    value_raw,
    unit_raw,
    value_number_raw,
    case when attribute_type = 'word' then harmonised_word else value_spelled end as value_text,
    value_number,
    value_step,
    problem,
    case
        when problem = 'not_a_number' and {{ matches('value_spelled', "'^([<>≤≥]|[0-9.,]+ ?[+]$)'") }}
            then 'It is a bound (top-coded), and no number.'
        when problem = 'out_of_range'
            then
                'The range of ' || attribute || ' is'
                || coalesce(' from ' || cast(range_low as string), '')
                || coalesce(' to ' || cast(range_high as string), '')
                || coalesce(' ' || attribute_unit, '')
                || case
                    when
                        attribute_unit in ('years', 'months') and unit_raw <> 'days'
                        and value_number_raw / {{ days_in('attribute_unit') }} between range_low and range_high
                        then ' (days?)'
                    else ''
                end || '.'
    end as problem_note
from judged
