-- One row a file or archive member; a file that several cohorts or entries of the catalogue read names them all.
select
    source_file_id,
    {{ list_of_words("cohort_id") }} as cohort_ids,
    {{ list_of_words("file_id") }} as file_ids,
    address,
    member,
    sha256,
    max(member_sha256) as member_sha256,
    max(bytes) as bytes,
    max(licence) as licence,
    max(read_from) as read_from,
    max(parser_version) as parser_version
from {{ ref('stg_source_files') }}
group by source_file_id, address, member, sha256
