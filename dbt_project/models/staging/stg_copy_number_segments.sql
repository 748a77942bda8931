with source as (

    select * from {{ source('raw', 'copy_number_segments') }}

)

select
    cohort_id,
    source_file_id,
    try_cast(source_row as bigint) as source_row,
    sample_id,
    chromosome,
    start_position as start_position_raw,
    {{ to_bigint('start_position') }} as start_position,
    end_position as end_position_raw,
    {{ to_bigint('end_position') }} as end_position,
    {{ to_bigint('n_probes') }} as n_probes,
    segment_mean as segment_mean_raw,
    {{ to_double('segment_mean', 'decimal') }} as segment_mean,
    decimal
from source
