-- What each cohort has to check claims on, one row a kind of data. Calls are complete where nearly every sequenced sample
-- has one (the full MC3 has calls for 98.6 % of the samples listed); expression and features count from half of the
-- sequenced patients on: 20 of TCGA's 10,433 do not make a cohort.
{%- set complete_calls = 0.95 %}
{%- set enough_measured = 0.5 %}
{%- set compared_families = "'infiltrate', 'neoantigens', 'repertoire'" %}
with with_calls as (

    select distinct
        cohort_id,
        sample_id
    from {{ ref('mutations') }}

),

sequenced as (

    select
        profiling.cohort_id,
        count(*) as n_sequenced,
        count(with_calls.sample_id) as n_with_calls
    from {{ ref('profiling') }} as profiling
    left join with_calls
        on profiling.cohort_id = with_calls.cohort_id and profiling.sample_id = with_calls.sample_id
    where profiling.is_profiled
    group by profiling.cohort_id

),

expressed as (

    select
        cohort_id,
        count(distinct patient_id) as n_patients
    from {{ ref('rna_samples') }}
    where n_genes > 0
    group by cohort_id

),

covered as (

    select
        cohort_id,
        feature,
        count(distinct patient_id) as n_patients
    from {{ ref('immune_features') }}
    where family in ({{ compared_families }})
    group by cohort_id, feature

),

-- all features of the families that papers compare must reach the share
featured as (

    select
        cohort_id,
        min(n_patients) as n_patients
    from covered
    group by cohort_id

),

found as (

    select
        cohort_id,
        'mutations' as kind
    from with_calls
    union
    select
        cohort_id,
        'clinical' as kind
    from {{ ref('patients') }}
    union
    select
        cohort_id,
        'survival' as kind
    from {{ ref('survival_outcomes') }}
    union
    select
        cohort_id,
        'response' as kind
    from {{ ref('response_outcomes') }}
    union
    select
        cohort_id,
        'complete_calls' as kind
    from sequenced
    where n_with_calls >= {{ complete_calls }} * n_sequenced
    union
    select
        expressed.cohort_id,
        'expression' as kind
    from expressed
    inner join {{ ref('cohorts') }} as cohorts on expressed.cohort_id = cohorts.cohort_id
    where expressed.n_patients >= {{ enough_measured }} * cohorts.n_patients_profiled
    union
    select
        featured.cohort_id,
        'immune_features' as kind
    from featured
    inner join {{ ref('cohorts') }} as cohorts on featured.cohort_id = cohorts.cohort_id
    where featured.n_patients >= {{ enough_measured }} * cohorts.n_patients_profiled

)

select
    cohort_id,
    kind
from found
