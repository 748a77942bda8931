select
    reference_id,
    cosmic_version,
    target,
    ncbi_build,
    signature,
    channel,
    probability,
    source_file_id,
    source_row
from {{ ref('stg_signature_profiles') }}
