with source as (

    select * from {{ source('raw', 'mutation_filters') }}

)

select
    cohort_id,
    file_id,
    cancer_type_code,
    pattern,
    (is_understood = 'true') as is_understood
from source
