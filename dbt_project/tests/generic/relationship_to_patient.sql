{% test relationship_to_patient(model) %}
-- Every cohort and patient of the table is in marts.patients, as the same person.
select
    facts.cohort_id,
    facts.patient_id,
    facts.person_id
from {{ model }} as facts
left join {{ ref('patients') }} as patients
    on facts.cohort_id = patients.cohort_id and facts.patient_id = patients.patient_id
where patients.patient_id is null or patients.person_id <> facts.person_id
{% endtest %}
