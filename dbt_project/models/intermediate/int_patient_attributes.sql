-- One value an attribute and patient, see int_patient_values. Times and statuses of endpoints are not here: they belong
-- together, see int_survival_pairs.
select
    cohort_id,
    patient_id,
    attribute,
    attribute_type,
    value_text,
    value_number,
    value_raw,
    value_number_raw,
    unit_raw,
    column_name,
    source_file_id,
    source_row
from {{ ref('int_patient_values') }}
where place = 1 and endpoint is null
