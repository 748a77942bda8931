-- Follow-up by endpoint: the time and the status that belong together (int_survival_pairs).
with entries as (

    select
        cohort_id,
        patient_id,
        value_number as entry_months
    from {{ ref('int_patient_attributes') }}
    where attribute = 'ENTRY_TIME'

),

paired as (

    select * from {{ ref('int_survival_pairs') }} where problem is null

),

-- A death at the end of the follow-up of an endpoint that does not count it. OS and PFS count every death.
deaths as (

    select
        paired.cohort_id,
        paired.patient_id,
        paired.endpoint,
        paired.status <> 'event' and overall.status = 'event' and overall.time_months <= paired.time_months
            as is_competing_death
    from paired
    inner join paired as overall
        on
            paired.cohort_id = overall.cohort_id
            and paired.patient_id = overall.patient_id
            and overall.endpoint = 'OS'
    where paired.endpoint in ('DSS', 'DFI', 'PFI')

)

select
    paired.cohort_id,
    paired.patient_id,
    persons.person_id,
    paired.endpoint,
    paired.time_months,
    paired.status = 'event' as is_event,
    deaths.is_competing_death,
    coalesce(rules.origin, 'unknown') as origin,
    coalesce(families.family, rules.origin, 'unknown') as clock_family,
    coalesce(rules.evidence, 'The catalogue does not say when the clock starts.') as origin_evidence,
    coalesce(entries.entry_months, 0.0) as entry_months,
    case
        when paired.time_months = 0 and not paired.has_complete_row
            then 'time is zero; time and status stand in two rows'
        when paired.time_months = 0 then 'time is zero'
        when not paired.has_complete_row then 'time and status stand in two rows'
    end as flag,
    paired.time_raw,
    paired.time_unit_raw,
    paired.status_raw as event_raw,
    paired.time_source_file_id as source_file_id,
    paired.time_source_row as source_row,
    paired.status_source_file_id as event_source_file_id,
    paired.status_source_row as event_source_row
from paired
inner join {{ ref('int_persons') }} as persons
    on paired.cohort_id = persons.cohort_id and paired.patient_id = persons.patient_id
left join {{ ref('stg_endpoint_rules') }} as rules
    on paired.cohort_id = rules.cohort_id and paired.endpoint = rules.endpoint
left join {{ ref('clock_families') }} as families
    on families.origin = coalesce(rules.origin, 'unknown')
left join deaths
    on
        paired.cohort_id = deaths.cohort_id
        and paired.patient_id = deaths.patient_id
        and paired.endpoint = deaths.endpoint
left join entries
    on paired.cohort_id = entries.cohort_id and paired.patient_id = entries.patient_id
