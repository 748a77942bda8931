with source as (

    select * from {{ source('raw', 'copy_number_segments') }}

)

select
    cohort_id,
    source_file_id,
    try_cast(source_row as bigint) as source_row,
    sample_id,
    chromosome,
    try_cast(start_position as bigint) as start_position,
    try_cast(end_position as bigint) as end_position,
    try_cast(n_probes as bigint) as n_probes,
    try_cast(replace(segment_mean, ',', '.') as double) as segment_mean
from source
