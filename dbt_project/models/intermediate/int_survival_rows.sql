-- One row a patient, endpoint and row of a source that holds a time or a status of it: the time and the status that the
-- row itself gives, each from the column that is asked first. place 1 is the row that counts among those that have both.
with cells as (

    select
        int_patient_values.*,
        row_number() over (
            partition by cohort_id, patient_id, attribute, file_order, source_file_id, source_row
            order by place
        ) as place_in_row
    from {{ ref('int_patient_values') }} as int_patient_values
    where endpoint is not null

),

held as (

    select
        cohort_id,
        patient_id,
        endpoint,
        file_order,
        source_file_id,
        source_row,
        min(case when attribute_type = 'time' then place end) as time_place,
        min(case when attribute_type = 'word' then place end) as status_place,
        max(case when attribute_type = 'time' then value_number end) as time_months,
        max(case when attribute_type = 'time' then value_step end) as time_step_months,
        max(case when attribute_type = 'time' then value_raw end) as time_raw,
        max(case when attribute_type = 'time' then unit_raw end) as time_unit_raw,
        max(case when attribute_type = 'time' then column_name end) as time_column,
        max(case when attribute_type = 'word' then value_text end) as status,
        max(case when attribute_type = 'word' then value_raw end) as status_raw,
        max(case when attribute_type = 'word' then column_name end) as status_column
    from cells
    where place_in_row = 1
    group by cohort_id, patient_id, endpoint, file_order, source_file_id, source_row

)

select
    held.*,
    time_place is not null and status_place is not null as is_complete,
    cast(row_number() over (
        partition by cohort_id, patient_id, endpoint
        order by
            case when time_place is not null and status_place is not null then 0 else 1 end asc,
            time_place asc nulls last,
            status_place asc nulls last
    ) as bigint) as place
from held
