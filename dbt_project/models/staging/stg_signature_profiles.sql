with source as (

    select * from {{ source('raw', 'signature_profiles') }}

)

select
    source_file_id,
    try_cast(source_row as bigint) as source_row,
    reference_id,
    cosmic_version,
    target,
    ncbi_build,
    signature,
    channel,
    {{ to_double('probability') }} as probability
from source
