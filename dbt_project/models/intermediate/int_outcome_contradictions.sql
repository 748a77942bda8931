-- Outcomes that cannot both be true. Both stay in their marts, and the analyses use them as the source gives them:
-- progression later than the end of overall survival, an objective response in somebody whose disease had progressed
-- within a month, progression as best response and no event of progression, death of the disease in somebody who is alive;
-- and, of a person in two cohorts on the same clock, an event before a time at which the other cohort has him or her still
-- without, or two events more than a month apart.
with survival as (

    select * from {{ ref('survival_outcomes') }}

),

response as (

    select * from {{ ref('response_outcomes') }}

),

cohorts as (

    select
        cohort_id,
        precedence
    from {{ ref('stg_cohorts') }}

),

said as (

    select
        survival.cohort_id,
        survival.patient_id,
        survival.person_id,
        survival.endpoint,
        survival.origin,
        survival.time_months,
        survival.is_event,
        survival.source_file_id,
        survival.source_row,
        cohorts.precedence,
        -- a tenth of a month, or the last digit of the time where that is more (whole months, tenths of years)
        greatest(0.1, coalesce(pairs.time_step_months, 0.0)) as tolerance_months,
        survival.endpoint || case when survival.is_event then ' event' else ' censored' end
        || ' at ' || survival.time_raw || ' ' || coalesce(survival.time_unit_raw, '') as words
    from survival
    inner join cohorts on survival.cohort_id = cohorts.cohort_id
    inner join {{ ref('int_survival_pairs') }} as pairs
        on
            survival.cohort_id = pairs.cohort_id
            and survival.patient_id = pairs.patient_id
            and survival.endpoint = pairs.endpoint

),

of_endpoints as (

    select
        one.cohort_id,
        one.patient_id,
        other.endpoint || '_TIME' as attribute,
        one.words as value_kept,
        other.words as value_other,
        'progression_after_survival' as rule,
        one.source_file_id,
        one.source_row,
        other.source_file_id as other_source_file_id,
        other.source_row as other_source_row
    from said as one
    inner join said as other
        on one.cohort_id = other.cohort_id and one.patient_id = other.patient_id and other.endpoint in ('PFS', 'PFI')
    where
        one.endpoint = 'OS'
        and other.time_months > one.time_months + greatest(one.tolerance_months, other.tolerance_months)

),

deaths as (

    select
        one.cohort_id,
        one.patient_id,
        'DSS_STATUS' as attribute,
        one.words as value_kept,
        other.words as value_other,
        'death_of_the_living' as rule,
        one.source_file_id,
        one.source_row,
        other.source_file_id as other_source_file_id,
        other.source_row as other_source_row
    from said as one
    inner join said as other
        on one.cohort_id = other.cohort_id and one.patient_id = other.patient_id and other.endpoint = 'DSS'
    where one.endpoint = 'OS' and not one.is_event and other.is_event

),

responses as (

    select
        said.cohort_id,
        said.patient_id,
        'BEST_RESPONSE' as attribute,
        response.response_raw as value_kept,
        said.words as value_other,
        case when said.is_event then 'response_after_progression' else 'progression_without_event' end as rule,
        response.source_file_id,
        response.source_row,
        said.source_file_id as other_source_file_id,
        said.source_row as other_source_row
    from said
    inner join response on said.cohort_id = response.cohort_id and said.patient_id = response.patient_id
    -- RECIST confirms a response after four weeks at the earliest
    where
        said.endpoint = 'PFS'
        and (
            (said.is_event and said.time_months < 1 and response.is_objective_response)
            or (not said.is_event and response.recist = 'PD')
        )

),

of_persons as (

    select
        one.cohort_id,
        one.patient_id,
        one.endpoint || case when one.is_event = other.is_event then '_TIME' else '_STATUS' end as attribute,
        one.words as value_kept,
        other.words || ' (' || other.cohort_id || ', ' || other.patient_id || ')' as value_other,
        'cohort_precedence' as rule,
        one.source_file_id,
        one.source_row,
        other.source_file_id as other_source_file_id,
        other.source_row as other_source_row
    from said as one
    inner join said as other
        on
            one.person_id = other.person_id
            and one.endpoint = other.endpoint
            and one.origin = other.origin
            and one.cohort_id <> other.cohort_id
            and one.precedence < other.precedence
    -- a shorter follow-up that knows of no event yet is no contradiction
    where
        one.origin <> 'unknown'
        and (
            (
                one.is_event and other.is_event
                and abs(one.time_months - other.time_months)
                > greatest(1.0, one.tolerance_months, other.tolerance_months)
            )
            or (
                one.is_event and not other.is_event
                and other.time_months >= one.time_months - greatest(one.tolerance_months, other.tolerance_months)
            )
            or (
                not one.is_event and other.is_event
                and one.time_months >= other.time_months - greatest(one.tolerance_months, other.tolerance_months)
            )
        )

)

select * from of_endpoints
union all
select * from deaths
union all
select * from responses
union all
select * from of_persons
