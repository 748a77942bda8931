select
    person_id,
    count(*) as n_patients,
    count(distinct cohort_id) as n_cohorts,
    {{ list_of_words("cohort_id") }} as cohort_ids
from {{ ref('int_persons') }}
group by person_id
