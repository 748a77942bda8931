with source as (

    select * from {{ source('raw', 'source_files') }}

)

select
    source_file_id,
    cohort_id,
    file_id,
    address,
    member,
    sha256,
    member_sha256,
    {{ to_bigint('bytes') }} as bytes,
    licence,
    read_from,
    parser_version
from source
