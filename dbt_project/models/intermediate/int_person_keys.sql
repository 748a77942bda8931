-- The key under which a patient is one person: by the cohort's declared rule, else the patient alone.
with patients as (

    select
        cohort_id,
        patient_id
    from {{ ref('int_patients') }}

),

rules as (

    select * from {{ ref('stg_person_rules') }}

),

corrections as (

    select * from {{ ref('stg_person_corrections') }}

),

matched as (

    select
        patients.cohort_id,
        patients.patient_id,
        rules.rule_id,
        rules.namespace,
        rules.evidence,
        {{ first_group('patients.patient_id', 'rules.pattern') }} as identifier
    from patients
    inner join rules on patients.cohort_id = rules.cohort_id
    where {{ first_group('patients.patient_id', 'rules.pattern') }} <> ''

),

corrected as (

    select
        matched.cohort_id,
        matched.patient_id,
        matched.rule_id,
        matched.evidence,
        matched.namespace || ':' || coalesce(corrections.meant, matched.identifier) as person_key,
        row_number() over (
            partition by matched.cohort_id, matched.patient_id order by matched.rule_id
        ) as place
    from matched
    left join corrections
        on
            matched.cohort_id = corrections.cohort_id
            and matched.rule_id = corrections.rule_id
            and matched.identifier = corrections.found

)

select
    patients.cohort_id,
    patients.patient_id,
    coalesce(corrected.person_key, patients.cohort_id || ':' || patients.patient_id) as person_key,
    coalesce(corrected.rule_id, 'own_identifier') as rule_id,
    coalesce(corrected.evidence, 'No rule of the catalogue applies: the patient is a person of its own.') as evidence
from patients
left join corrected
    on
        patients.cohort_id = corrected.cohort_id
        and patients.patient_id = corrected.patient_id
        and corrected.place = 1
