-- When a patient got a checkpoint inhibitor by the study's timeline: the first day of the first course and the last day of
-- the last one, on the timeline's clock. Two inhibitors that begin on one day are a combination; else the first one's
-- class counts.
with courses as (

    select
        events.cohort_id,
        events.patient_id,
        events.agent,
        drugs.drug_class,
        events.start_day,
        events.stop_day,
        events.source_file_id,
        events.source_row
    from {{ ref('stg_timeline_events') }} as events
    inner join {{ ref('int_drugs') }} as drugs
        on events.cohort_id = drugs.cohort_id and events.agent = drugs.drug_raw
    where drugs.drug_class in ('PD-1/PD-L1', 'CTLA-4', 'Combination') and events.start_day is not null

),

placed as (

    select
        *,
        row_number() over (
            partition by cohort_id, patient_id order by start_day, source_file_id, source_row
        ) as place,
        min(start_day) over (partition by cohort_id, patient_id) as first_day
    from courses

),

together as (

    select
        cohort_id,
        patient_id,
        min(start_day) as start_day,
        max(stop_day) as stop_day,
        max(case when place = 1 then agent end) as agent,
        case
            when count(distinct case when start_day = first_day then drug_class end) > 1 then 'Combination'
            else max(case when place = 1 then drug_class end)
        end as drug_class,
        max(case when place = 1 then source_file_id end) as source_file_id,
        max(case when place = 1 then source_row end) as source_row
    from placed
    group by cohort_id, patient_id

)

select
    together.cohort_id,
    together.patient_id,
    together.agent,
    together.drug_class,
    together.start_day,
    together.stop_day,
    coalesce(rules.origin, 'unknown') as day_zero,
    together.source_file_id,
    together.source_row
from together
left join {{ ref('stg_endpoint_rules') }} as rules
    on together.cohort_id = rules.cohort_id and rules.endpoint = 'timeline'
