with source as (

    select * from {{ source('raw', 'signature_samples') }}

)

select
    cohort_id,
    file_id,
    source_file_id,
    try_cast(source_row as bigint) as source_row,
    table_kind,
    sample_id,
    sample_raw,
    {{ to_double('cosine_similarity') }} as cosine_similarity
from source
