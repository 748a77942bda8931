with source as (

    select * from {{ source('raw', 'word_maps') }}

)

select
    cohort_id,
    file_id,
    column_name,
    word,
    value
from source
