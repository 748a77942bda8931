with source as (

    select * from {{ source('raw', 'mutation_filters') }}

)

select
    cohort_id,
    cancer_type_code,
    pattern
from source
