with source as (

    select * from {{ source('raw', 'drug_words') }}

)

select
    cohort_id,
    drug,
    drug_class
from source
