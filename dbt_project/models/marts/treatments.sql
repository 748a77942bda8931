with attributes as (

    select * from {{ ref('int_patient_attributes') }}
    where
        attribute in (
            'DRUG_NAME', 'DRUG_CLASS', 'ARM', 'PRIOR_LINES', 'LINE_OF_TREATMENT', 'TREATMENT_DURATION'
        )

),

wide as (

    select
        cohort_id,
        patient_id,
        max(case when attribute = 'DRUG_NAME' then value_text end) as drug_raw,
        max(case when attribute = 'DRUG_CLASS' then value_text end) as declared_drug_class,
        max(case when attribute = 'ARM' then value_text end) as arm,
        max(case when attribute = 'PRIOR_LINES' then value_number end) as prior_lines,
        max(case when attribute = 'LINE_OF_TREATMENT' then value_number end) as line_of_treatment,
        max(case when attribute = 'TREATMENT_DURATION' then value_number end) as treatment_months,
        min({{ place('source_file_id', 'source_row') }}) as place
    from attributes
    group by cohort_id, patient_id

),

drugs as (

    select * from {{ ref('drug_classes') }}

)

select
    wide.cohort_id,
    wide.patient_id,
    persons.person_id,
    wide.drug_raw,
    coalesce(wide.declared_drug_class, drugs.drug_class) as drug_class,
    coalesce(wide.declared_drug_class, drugs.drug_class) in ('PD-1/PD-L1', 'CTLA-4', 'Combination') as is_icb,
    wide.arm,
    wide.prior_lines,
    coalesce(wide.line_of_treatment, wide.prior_lines + 1) as line_of_treatment,
    wide.treatment_months,
    {{ place_file('wide.place') }} as source_file_id,
    {{ place_row('wide.place') }} as source_row
from wide
inner join {{ ref('int_persons') }} as persons
    on wide.cohort_id = persons.cohort_id and wide.patient_id = persons.patient_id
left join drugs on lower(trim(wide.drug_raw)) = drugs.drug
