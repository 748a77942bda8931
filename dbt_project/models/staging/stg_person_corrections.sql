with source as (

    select * from {{ source('raw', 'person_corrections') }}

)

select
    cohort_id,
    rule_id,
    found,
    meant
from source
