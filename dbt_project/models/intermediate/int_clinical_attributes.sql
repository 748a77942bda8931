-- Every filled clinical cell as a harmonised attribute: pattern, then the cohort's own words, then the shared
-- vocabulary; numbers and times are cast, times turned into months. A value that cannot be read keeps its row,
-- with the rule that says why in problem.
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
        lower(trim(word)) as word,
        max(value) as harmonised_word
    from {{ ref('stg_word_maps') }}
    group by cohort_id, file_id, column_name, lower(trim(word))

),

shared_words as (

    select
        attribute,
        word,
        value as harmonised_word
    from {{ ref('vocabulary_words') }}

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
        column_maps.attribute,
        column_maps.level as attribute_level,
        column_maps.type as attribute_type,
        column_maps.unit as unit_raw,
        column_maps.decimal,
        column_maps.file_order,
        trim(
            case
                when column_maps.pattern is null then cells.value
                else regexp_extract(cells.value, column_maps.pattern, 1)
            end
        ) as value_text
    from cells
    inner join column_maps
        on
            cells.cohort_id = column_maps.cohort_id
            and cells.file_id = column_maps.file_id
            and cells.column_name = column_maps.column_name

),

worded as (

    select
        mapped.*,
        coalesce(own_words.harmonised_word, shared_words.harmonised_word) as harmonised_word,
        {{ to_double('mapped.value_text', 'mapped.decimal') }} as value_number_raw
    from mapped
    left join own_words
        on
            mapped.cohort_id = own_words.cohort_id
            and mapped.file_id = own_words.file_id
            and mapped.column_name = own_words.column_name
            and lower(mapped.value_text) = own_words.word
    left join shared_words
        on
            mapped.attribute = shared_words.attribute
            and lower(mapped.value_text) = shared_words.word
    where mapped.value_text <> ''

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
    attribute,
    attribute_level,
    attribute_type,
    value_raw,
    unit_raw,
    value_number_raw,
    case when attribute_type = 'word' then harmonised_word else value_text end as value_text,
    case
        when attribute_type = 'time' then {{ to_months('value_number_raw', 'unit_raw') }}
        when attribute_type = 'number' then value_number_raw
    end as value_number,
    case
        when attribute_type = 'word' and harmonised_word is null then 'unknown_word'
        when attribute_type in ('number', 'time') and value_number_raw is null then 'not_a_number'
        when attribute_type = 'time' and value_number_raw < 0 then 'negative_time'
    end as problem
from worded
