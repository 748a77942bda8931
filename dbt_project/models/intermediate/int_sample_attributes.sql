-- One value an attribute and sample, see int_sample_values.
select
    cohort_id,
    sample_id,
    attribute,
    attribute_type,
    value_text,
    value_number,
    value_raw,
    column_name,
    source_file_id,
    source_row
from {{ ref('int_sample_values') }}
where place = 1
