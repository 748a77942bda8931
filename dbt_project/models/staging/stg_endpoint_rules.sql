with source as (

    select * from {{ source('raw', 'endpoint_rules') }}

)

select
    cohort_id,
    endpoint,
    origin,
    evidence
from source
