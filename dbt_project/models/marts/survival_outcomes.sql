{%- set endpoints = ['OS', 'PFS', 'DSS', 'DFI', 'PFI'] -%}
with attributes as (

    select * from {{ ref('int_patient_attributes') }}

),

entries as (

    select
        cohort_id,
        patient_id,
        value_number as entry_months
    from attributes
    where attribute = 'ENTRY_TIME'

),

paired as (

    {% for endpoint in endpoints %}
        select
            times.cohort_id,
            times.patient_id,
            '{{ endpoint }}' as endpoint,
            times.value_number as time_months,
            events.value_text = 'event' as is_event,
            times.value_raw as time_raw,
            times.unit_raw as time_unit_raw,
            events.value_raw as event_raw,
            times.source_file_id,
            times.source_row,
            events.source_file_id as event_source_file_id,
            events.source_row as event_source_row
        from attributes as times
        inner join attributes as events
            on
                times.cohort_id = events.cohort_id
                and times.patient_id = events.patient_id
                and events.attribute = '{{ endpoint }}_STATUS'
        where times.attribute = '{{ endpoint }}_TIME'
        {{ "union all" if not loop.last }}
    {% endfor %}

)

select
    paired.cohort_id,
    paired.patient_id,
    persons.person_id,
    paired.endpoint,
    paired.time_months,
    paired.is_event,
    coalesce(rules.origin, 'unknown') as origin,
    coalesce(rules.evidence, 'The catalogue does not say when the clock starts.') as origin_evidence,
    coalesce(entries.entry_months, 0.0) as entry_months,
    case when paired.time_months = 0 then 'time is zero' end as flag,
    paired.time_raw,
    paired.time_unit_raw,
    paired.event_raw,
    paired.source_file_id,
    paired.source_row,
    paired.event_source_file_id,
    paired.event_source_row
from paired
inner join {{ ref('int_persons') }} as persons
    on paired.cohort_id = persons.cohort_id and paired.patient_id = persons.patient_id
left join {{ ref('stg_endpoint_rules') }} as rules
    on paired.cohort_id = rules.cohort_id and paired.endpoint = rules.endpoint
left join entries
    on paired.cohort_id = entries.cohort_id and paired.patient_id = entries.patient_id
