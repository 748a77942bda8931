with source as (

    select * from {{ source('raw', 'person_rules') }}

)

select
    cohort_id,
    rule_id,
    namespace,
    pattern,
    evidence
from source
