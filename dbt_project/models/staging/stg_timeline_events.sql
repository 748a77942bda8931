with source as (

    select * from {{ source('raw', 'timeline_events') }}

)

select
    cohort_id,
    source_file_id,
    try_cast(source_row as bigint) as source_row,
    patient_id,
    event_type,
    start_day as start_day_raw,
    {{ to_bigint('start_day') }} as start_day,
    stop_day as stop_day_raw,
    {{ to_bigint('stop_day') }} as stop_day,
    treatment_type,
    agent,
    test,
    result,
    status,
    details
from source
