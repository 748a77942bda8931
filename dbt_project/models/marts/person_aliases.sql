select
    cohort_id,
    patient_id,
    person_id,
    person_key,
    rule_id,
    evidence
from {{ ref('int_persons') }}
