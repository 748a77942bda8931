-- When each sample was taken, on the scale pre < on < between < on_second < post, and which courses of treatment the
-- patient had. A cohort has two courses when any of its samples is from between them or from the second.
with samples as (

    select
        cohort_id,
        sample_id,
        patient_id
    from {{ ref('int_samples') }}
    where patient_id is not null

),

attributes as (

    select
        cohort_id,
        sample_id,
        max(case when attribute = 'BIOPSY_TIME' then value_text end) as biopsy_time,
        max(case when attribute = 'BIOPSY_TIME' then lower({{ trimmed('value_raw') }}) end) as biopsy_time_raw,
        {{ to_months("max(case when attribute = 'BIOPSY_DAY' then value_number end)", "'days'") }} as biopsy_months,
        max(case when attribute = 'METASTATIC_SITE' then value_text end) as metastatic_site,
        max(case when attribute = 'SAMPLE_TYPE' then value_text end) as sample_type
    from {{ ref('int_sample_attributes') }}
    group by cohort_id, sample_id

),

two_courses as (

    select
        cohort_id,
        max(case when biopsy_time in ('between', 'on_second') then 1 else 0 end) = 1 as has_two_courses
    from attributes
    group by cohort_id

),

treatment as (

    select
        cohort_id,
        patient_id,
        max(case when attribute = 'PRIOR_CTLA4' then value_text end) as prior_ctla4,
        max(case when attribute = 'PRIOR_CTLA4_RESPONSE' then value_text end) as prior_ctla4_response,
        max(case when attribute = 'BEST_RESPONSE' then value_text end) as best_response,
        max(case when attribute = 'DRUG_CLASS' then value_text end) as drug_class
    from {{ ref('int_patient_attributes') }}
    group by cohort_id, patient_id

)

select
    samples.cohort_id,
    samples.sample_id,
    samples.patient_id,
    attributes.biopsy_time,
    attributes.biopsy_time_raw,
    attributes.biopsy_months,
    attributes.metastatic_site,
    attributes.sample_type,
    case attributes.biopsy_time
        when 'pre' then 0 when 'on' then 1 when 'between' then 2 when 'on_second' then 3 when 'post' then 4
    end as time_order,
    coalesce(two_courses.has_two_courses, false) as has_two_courses,
    case
        when not coalesce(two_courses.has_two_courses, false) then treatment.drug_class
        when treatment.prior_ctla4 = 'yes' or treatment.drug_class = 'CTLA-4' then 'CTLA-4'
    end as first_course,
    case
        when two_courses.has_two_courses and (treatment.drug_class <> 'CTLA-4' or treatment.prior_ctla4 = 'yes')
            then treatment.drug_class
    end as second_course,
    case
        when two_courses.has_two_courses and treatment.drug_class = 'CTLA-4' then treatment.best_response
        when two_courses.has_two_courses then treatment.prior_ctla4_response
        else treatment.best_response
    end as first_course_response,
    case when two_courses.has_two_courses and treatment.drug_class <> 'CTLA-4' then treatment.best_response end
        as second_course_response
from samples
left join attributes
    on samples.cohort_id = attributes.cohort_id and samples.sample_id = attributes.sample_id
left join two_courses on samples.cohort_id = two_courses.cohort_id
left join treatment
    on samples.cohort_id = treatment.cohort_id and samples.patient_id = treatment.patient_id
