-- Every event of the timelines of studies, on the clock that day_zero names. A checkpoint inhibitor's course is told from
-- other drugs by the drug vocabulary; a drug that it does not have has no class.
select
    events.cohort_id,
    events.patient_id,
    persons.person_id,
    events.event_type,
    events.start_day,
    events.stop_day,
    coalesce(rules.origin, 'unknown') as day_zero,
    events.treatment_type,
    events.agent,
    drugs.drug_class,
    case
        when events.agent is null then null
        when drugs.drug_class is not null then drugs.drug_class in ('PD-1/PD-L1', 'CTLA-4', 'Combination')
        when drugs.has_known_icb then true
    end as is_icb,
    events.test,
    events.result,
    events.status,
    events.details,
    events.source_file_id,
    events.source_row
from {{ ref('stg_timeline_events') }} as events
inner join {{ ref('int_persons') }} as persons
    on events.cohort_id = persons.cohort_id and events.patient_id = persons.patient_id
left join {{ ref('int_drugs') }} as drugs
    on events.cohort_id = drugs.cohort_id and events.agent = drugs.drug_raw
left join {{ ref('stg_endpoint_rules') }} as rules
    on events.cohort_id = rules.cohort_id and rules.endpoint = 'timeline'
