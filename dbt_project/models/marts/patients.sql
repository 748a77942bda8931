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
    sources.source_file_id,
    sources.source_row
from {{ ref('int_persons') }} as persons
inner join sources on persons.cohort_id = sources.cohort_id and persons.patient_id = sources.patient_id
left join wide on persons.cohort_id = wide.cohort_id and persons.patient_id = wide.patient_id
