with attributes as (

    select * from {{ ref('int_patient_attributes') }}

),

wide as (

    select
        cohort_id,
        patient_id,
        max(case when attribute = 'SEX' then value_text end) as sex,
        max(case when attribute = 'AGE' then value_number end) as age_years,
        max(case when attribute = 'AGE_GROUP' then value_text end) as age_group,
        max(case when attribute = 'CANCER_TYPE' then value_text end) as cancer_type,
        max(case when attribute = 'CANCER_TYPE_DETAILED' then value_text end) as cancer_type_detailed,
        max(case when attribute = 'ONCOTREE_CODE' then value_text end) as oncotree_code,
        max(case when attribute = 'STAGE' then value_text end) as stage,
        max(case when attribute = 'PRIMARY_SITE' then value_text end) as primary_site,
        max(case when attribute = 'HISTOLOGY' then value_text end) as histology,
        max(case when attribute = 'SMOKING_HISTORY' then value_text end) as smoking_history,
        max(case when attribute = 'ECOG' then value_number end) as ecog,
        max(case when attribute = 'RACE' then value_text end) as race
    from attributes
    group by cohort_id, patient_id

),

sources as (

    select * from {{ ref('int_patients') }}

),

-- a study's list of all its cases, where the source has one
all_cases as (

    select
        cohort_id,
        sample_id
    from {{ ref('stg_case_lists') }}
    where list_category = 'all_cases_in_study'
    group by cohort_id, sample_id

),

listed as (

    select
        samples.cohort_id,
        samples.patient_id
    from {{ ref('int_samples') }} as samples
    inner join all_cases on samples.cohort_id = all_cases.cohort_id and samples.sample_id = all_cases.sample_id
    group by samples.cohort_id, samples.patient_id

),

listing_cohorts as (

    select cohort_id
    from all_cases
    group by cohort_id

)

select
    persons.cohort_id,
    persons.patient_id,
    persons.person_id,
    wide.sex,
    wide.age_years,
    wide.age_group,
    wide.cancer_type,
    wide.cancer_type_detailed,
    wide.oncotree_code,
    wide.stage,
    wide.primary_site,
    wide.histology,
    wide.smoking_history,
    wide.ecog,
    wide.race,
    -- where a source has no list, its tables are the list
    listing_cohorts.cohort_id is null or listed.patient_id is not null as is_in_study,
    sources.source_file_id,
    sources.source_row
from {{ ref('int_persons') }} as persons
inner join sources on persons.cohort_id = sources.cohort_id and persons.patient_id = sources.patient_id
left join wide on persons.cohort_id = wide.cohort_id and persons.patient_id = wide.patient_id
left join listed on persons.cohort_id = listed.cohort_id and persons.patient_id = listed.patient_id
left join listing_cohorts on persons.cohort_id = listing_cohorts.cohort_id
