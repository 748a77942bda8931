-- Which way is an event? Responders die less often than people whose disease progressed; a cohort in which they die more
-- often has its status read the wrong way round.
{{ config(meta={'dagster': {'ref': {'name': 'survival_outcomes'}}}) }}
with deaths as (

    select
        survival.cohort_id,
        response.is_objective_response,
        avg(case when survival.is_event then 1.0 else 0.0 end) as share_of_deaths,
        count(*) as n_patients
    from {{ ref('survival_outcomes') }} as survival
    inner join {{ ref('response_outcomes') }} as response
        on survival.cohort_id = response.cohort_id and survival.patient_id = response.patient_id
    where survival.endpoint = 'OS' and response.recist in ('CR', 'PR', 'PD')
    group by survival.cohort_id, response.is_objective_response

)

select
    responders.cohort_id,
    responders.share_of_deaths as responders_share,
    progressors.share_of_deaths as progressors_share
from deaths as responders
inner join deaths as progressors on responders.cohort_id = progressors.cohort_id
where
    responders.is_objective_response and not progressors.is_objective_response
    and responders.n_patients >= 5 and progressors.n_patients >= 5
    and responders.share_of_deaths >= progressors.share_of_deaths
