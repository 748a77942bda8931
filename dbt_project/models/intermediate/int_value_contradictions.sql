-- Values of one attribute that disagree: of a patient (columns, rows, files), of an endpoint, of a sample. One row a value
-- that does not count, against the value that does. An agreeing repeat is none, nor is another word for the same
-- harmonised value, nor a number within half a percent or the coarser one's rounding (values_differ).
with patient_values as (

    select * from {{ ref('int_patient_values') }}

),

pairs as (

    select * from {{ ref('int_survival_pairs') }}

),

of_patients as (

    select
        kept.cohort_id,
        kept.patient_id,
        cast(null as string) as sample_id,
        kept.attribute,
        {{ shown_value('kept') }} as value_kept,
        {{ shown_value('other') }} as value_other,
        {{ deciding_rule('kept', 'other') }} as rule,
        kept.source_file_id,
        kept.source_row,
        other.source_file_id as other_source_file_id,
        other.source_row as other_source_row,
        -- + 0: -0 and 0 are one number
        coalesce(cast(round(other.value_number, 6) + 0e0 as string), {{ spelling_key('other.value_text') }}) as other_key,
        other.place
    from patient_values as kept
    inner join patient_values as other
        on
            kept.cohort_id = other.cohort_id
            and kept.patient_id = other.patient_id
            and kept.attribute = other.attribute
            and other.place > 1
    where
        kept.place = 1 and kept.endpoint is null and kept.attribute_level = 'patient'
        and {{ values_differ('kept', 'other') }}

),

of_endpoints as (

    select
        kept.cohort_id,
        kept.patient_id,
        cast(null as string) as sample_id,
        kept.attribute,
        case when pairs.problem is null then {{ shown_value('kept') }} end as value_kept,
        {{ shown_value('other') }} as value_other,
        case
            when pairs.problem is not null then 'no_complete_row'
            when pairs.has_complete_row and not rows_of_sources.is_complete then 'complete_row'
            else {{ deciding_rule('kept', 'other') }}
        end as rule,
        kept.source_file_id,
        kept.source_row,
        other.source_file_id as other_source_file_id,
        other.source_row as other_source_row,
        coalesce(cast(round(other.value_number, 6) + 0e0 as string), other.value_text) as other_key,
        other.place
    from pairs
    inner join patient_values as kept
        on
            pairs.cohort_id = kept.cohort_id
            and pairs.patient_id = kept.patient_id
            and pairs.endpoint = kept.endpoint
            and kept.place = case when kept.attribute_type = 'time' then pairs.time_place else pairs.status_place end
    inner join patient_values as other
        on
            kept.cohort_id = other.cohort_id
            and kept.patient_id = other.patient_id
            and kept.attribute = other.attribute
            and kept.place <> other.place
    inner join {{ ref('int_survival_rows') }} as rows_of_sources
        on
            other.cohort_id = rows_of_sources.cohort_id
            and other.patient_id = rows_of_sources.patient_id
            and other.endpoint = rows_of_sources.endpoint
            and other.file_order = rows_of_sources.file_order
            and other.source_file_id = rows_of_sources.source_file_id
            and other.source_row = rows_of_sources.source_row
    where {{ values_differ('kept', 'other') }}

),

sample_values as (

    select * from {{ ref('int_sample_values') }}

),

of_samples as (

    select
        kept.cohort_id,
        kept.patient_id,
        kept.sample_id,
        kept.attribute,
        {{ shown_value('kept') }} as value_kept,
        {{ shown_value('other') }} as value_other,
        case
            when kept.is_own_level and not other.is_own_level then 'own_level'
            else {{ deciding_rule('kept', 'other') }}
        end as rule,
        kept.source_file_id,
        kept.source_row,
        other.source_file_id as other_source_file_id,
        other.source_row as other_source_row,
        coalesce(cast(round(other.value_number, 6) + 0e0 as string), {{ spelling_key('other.value_text') }}) as other_key,
        other.place
    from sample_values as kept
    inner join sample_values as other
        on
            kept.cohort_id = other.cohort_id
            and kept.sample_id = other.sample_id
            and kept.attribute = other.attribute
            and other.place > 1
    where kept.place = 1 and {{ values_differ('kept', 'other') }}

),

together as (

    select * from of_patients
    union all
    select * from of_endpoints
    union all
    select * from of_samples

),

first_of_each as (

    select
        together.*,
        row_number() over (
            partition by cohort_id, patient_id, sample_id, attribute, other_key order by place
        ) as place_of_value
    from together

)

select
    cohort_id,
    patient_id,
    sample_id,
    attribute,
    value_kept,
    value_other,
    rule,
    source_file_id,
    source_row,
    other_source_file_id,
    other_source_row
from first_of_each
where place_of_value = 1
