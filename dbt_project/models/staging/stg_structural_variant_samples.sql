with source as (

    select * from {{ source('raw', 'structural_variant_samples') }}

)

select
    cohort_id,
    source_file_id,
    try_cast(source_row as bigint) as source_row,
    sample_id,
    panel_id,
    stated_by,
    rule
from source
