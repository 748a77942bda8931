with source as (

    select * from {{ source('raw', 'declared_panels') }}

)

select
    cohort_id,
    panel_id,
    genes,
    evidence
from source
