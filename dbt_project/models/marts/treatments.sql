with attributes as (

    select * from {{ ref('int_patient_attributes') }}
    where
        attribute in (
            'DRUG_NAME', 'DRUG_CLASS', 'ARM', 'PRIOR_LINES', 'LINE_OF_TREATMENT', 'TREATMENT_DURATION'
        )

),

stated as (

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

-- Who has a course of a checkpoint inhibitor in the study's timeline, with or without a drug in the clinical tables.
wide as (

    select
        coalesce(stated.cohort_id, exposures.cohort_id) as cohort_id,
        coalesce(stated.patient_id, exposures.patient_id) as patient_id,
        coalesce(stated.drug_raw, exposures.agent) as drug_raw,
        stated.declared_drug_class,
        case when stated.drug_raw is null then exposures.drug_class end as exposure_class,
        stated.arm,
        stated.prior_lines,
        stated.line_of_treatment,
        stated.treatment_months,
        exposures.start_day as start_days,
        exposures.stop_day as stop_days,
        exposures.day_zero as days_from,
        coalesce(
            stated.place, {{ place('exposures.source_file_id', 'exposures.source_row') }}
        ) as place
    from stated
    full outer join {{ ref('int_exposures') }} as exposures
        on stated.cohort_id = exposures.cohort_id and stated.patient_id = exposures.patient_id

),

classed as (

    select
        wide.*,
        coalesce(wide.declared_drug_class, wide.exposure_class, drugs.drug_class) as drug_class,
        case
            when wide.declared_drug_class is not null then 'stated by the source'
            when wide.exposure_class is not null then 'timeline'
            else drugs.drug_class_rule
        end as drug_class_rule,
        drugs.has_known_icb
    from wide
    left join {{ ref('int_drugs') }} as drugs
        on wide.cohort_id = drugs.cohort_id and wide.drug_raw = drugs.drug_raw

)

select
    classed.cohort_id,
    classed.patient_id,
    persons.person_id,
    classed.drug_raw,
    classed.drug_class,
    classed.drug_class_rule,
    case
        when classed.drug_class is not null then classed.drug_class in ('PD-1/PD-L1', 'CTLA-4', 'Combination')
        when classed.has_known_icb then true
    end as is_icb,
    classed.arm,
    classed.prior_lines,
    coalesce(classed.line_of_treatment, classed.prior_lines + 1) as line_of_treatment,
    classed.treatment_months,
    classed.start_days,
    classed.stop_days,
    classed.days_from,
    {{ place_file('classed.place') }} as source_file_id,
    {{ place_row('classed.place') }} as source_row
from classed
inner join {{ ref('int_persons') }} as persons
    on classed.cohort_id = persons.cohort_id and classed.patient_id = persons.patient_id
