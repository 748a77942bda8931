-- Where two statements of the sources disagree: which one counts, by which rule and why. Agreeing repeats are not here.
with rules as (

    select * from {{ ref('contradiction_rules') }}

),

patients_of_samples as (

    select
        cohort_id,
        sample_id,
        patient_id,
        min(place) as place
    from {{ ref('int_sample_claims') }}
    where patient_id is not null
    group by cohort_id, sample_id, patient_id

),

claims as (

    select * from {{ ref('int_sample_claims') }}

),

of_two_patients as (

    select
        kept.cohort_id,
        kept.patient_id,
        kept.sample_id,
        'PATIENT_ID' as attribute,
        kept.patient_id as value_kept,
        other.patient_id as value_other,
        'first_patient' as rule,
        kept.source_file_id,
        kept.source_row,
        other.source_file_id as other_source_file_id,
        other.source_row as other_source_row
    from claims as kept
    inner join patients_of_samples as others
        on
            kept.cohort_id = others.cohort_id
            and kept.sample_id = others.sample_id
            and kept.patient_id <> others.patient_id
    inner join claims as other
        on others.cohort_id = other.cohort_id and others.sample_id = other.sample_id and others.place = other.place
    where kept.place = 1

),

of_prefixes as (

    select
        cohort_id,
        patient_id,
        sample_id,
        attribute,
        cast(null as string) as value_kept,
        value_raw as value_other,
        problem as rule,
        source_file_id,
        source_row,
        source_file_id as other_source_file_id,
        source_row as other_source_row
    from {{ ref('int_clinical_attributes') }}
    where problem = 'prefix_against_word'

),

attributes as (

    select * from {{ ref('int_patient_attributes') }}

),

of_drugs as (

    select
        stated.cohort_id,
        stated.patient_id,
        cast(null as string) as sample_id,
        'DRUG_CLASS' as attribute,
        stated.value_raw as value_kept,
        named.value_raw || ' (' || drugs.drug_class || ')' as value_other,
        'stated_class' as rule,
        stated.source_file_id,
        stated.source_row,
        named.source_file_id as other_source_file_id,
        named.source_row as other_source_row
    from attributes as stated
    inner join attributes as named
        on
            stated.cohort_id = named.cohort_id
            and stated.patient_id = named.patient_id
            and named.attribute = 'DRUG_NAME'
    inner join {{ ref('int_drugs') }} as drugs
        on named.cohort_id = drugs.cohort_id and named.value_text = drugs.drug_raw
    where stated.attribute = 'DRUG_CLASS' and stated.value_text <> drugs.drug_class

),

of_outcomes as (

    select
        cohort_id,
        patient_id,
        cast(null as string) as sample_id,
        attribute,
        value_kept,
        value_other,
        rule,
        source_file_id,
        source_row,
        other_source_file_id,
        other_source_row
    from {{ ref('int_outcome_contradictions') }}

),

together as (

    select * from {{ ref('int_value_contradictions') }}
    union all
    select * from of_two_patients
    union all
    select * from of_prefixes
    union all
    select * from of_drugs
    union all
    select * from of_outcomes

)

select
    together.cohort_id,
    together.patient_id,
    together.sample_id,
    together.attribute,
    rules.what,
    together.value_kept,
    together.value_other,
    together.rule,
    rules.reason,
    together.source_file_id,
    together.source_row,
    together.other_source_file_id,
    together.other_source_row
from together
left join rules on together.rule = rules.rule
