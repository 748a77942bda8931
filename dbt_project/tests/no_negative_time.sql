-- No follow-up is negative or ends before entry.
select
    cohort_id,
    patient_id,
    endpoint,
    time_months,
    entry_months
from {{ ref('survival_outcomes') }}
where time_months < 0 or entry_months < 0 or (entry_months > 0 and entry_months >= time_months)
