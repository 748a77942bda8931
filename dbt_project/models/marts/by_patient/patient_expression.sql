-- Expression of a patient: of his or her RNA samples the one that counts (rna_samples), under the sample whose gene
-- status counts. A view, for expression is the largest table.
{{ config(materialized=view_or_table(), tags=['view']) }}
select
    cohort_id,
    patient_id,
    person_id,
    index_sample_id as sample_id,
    sample_id as rna_sample_id,
    hugo_symbol,
    value,
    unit,
    log2_value,
    log2_unit
from {{ without_database(ref('sample_expression')) }}
where is_patient_sample
