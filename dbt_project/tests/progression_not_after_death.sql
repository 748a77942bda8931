-- Progression-free survival cannot end after overall survival. Sources hold a few such rows: they stay, and are named.
{{ config(severity='warn') }}
select
    overall.cohort_id,
    overall.patient_id,
    overall.time_months as os_months,
    progression.time_months as pfs_months
from {{ ref('survival_outcomes') }} as overall
inner join {{ ref('survival_outcomes') }} as progression
    on
        overall.cohort_id = progression.cohort_id
        and overall.patient_id = progression.patient_id
        and progression.endpoint = 'PFS'
where overall.endpoint = 'OS' and progression.time_months > overall.time_months + 0.1
