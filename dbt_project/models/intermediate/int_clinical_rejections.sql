-- What of the clinical tables was read and not understood: single values, times and statuses of an endpoint that have no
-- partner (one row a patient and endpoint), and drugs without a class (one row a patient). is_lost: the cell is in no mart;
-- a half of an endpoint or a drug was understood as a cell.
select
    cohort_id,
    source_file_id,
    source_row,
    problem as rule_id,
    column_name,
    value_raw as value,
    problem_note,
    true as is_lost
from {{ ref('int_clinical_attributes') }}
where problem is not null
union all
select
    cohort_id,
    coalesce(time_source_file_id, status_source_file_id) as source_file_id,
    coalesce(time_source_row, status_source_row) as source_row,
    problem as rule_id,
    coalesce(time_column, status_column) as column_name,
    coalesce(time_raw, status_raw) as value,
    coalesce(problem_note, 'The endpoint is ' || endpoint || '.') as problem_note,
    false as is_lost
from {{ ref('int_survival_pairs') }}
where problem is not null
union all
select
    attributes.cohort_id,
    attributes.source_file_id,
    attributes.source_row,
    'unknown_drug' as rule_id,
    attributes.column_name,
    attributes.value_raw as value,
    cast(null as string) as problem_note,
    false as is_lost
from {{ ref('int_patient_attributes') }} as attributes
inner join {{ ref('int_drugs') }} as drugs
    on
        attributes.cohort_id = drugs.cohort_id
        and attributes.value_text = drugs.drug_raw
        and drugs.drug_class is null
where attributes.attribute = 'DRUG_NAME'
