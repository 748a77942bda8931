-- Every understood cell of the clinical tables, those too whose attribute has no column in another mart, with what became
-- of it.
select
    fates.cohort_id,
    fates.patient_id,
    persons.person_id,
    fates.sample_id,
    fates.attribute,
    fates.value_text,
    fates.value_number,
    fates.value_raw,
    fates.fate,
    fates.column_name,
    fates.source_file_id,
    fates.source_row
from {{ ref('int_clinical_fates') }} as fates
inner join {{ ref('int_persons') }} as persons
    on fates.cohort_id = persons.cohort_id and fates.patient_id = persons.patient_id
