select
    source_file_id,
    cohort_id,
    file_id,
    address,
    member,
    sha256,
    member_sha256,
    bytes,
    licence,
    read_from,
    parser_version
from {{ ref('stg_source_files') }}
