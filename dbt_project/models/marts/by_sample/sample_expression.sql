-- Expression that can be compared between samples of a cohort: read counts, which carry the depth of their sample, become
-- counts per million of all genes of the file; log2(x + 1) unless the cohort gives logarithms, so that a difference is a
-- fold. One row of the file a gene. A view, for expression is the largest table.
{{ config(materialized=view_or_table(), tags=['view']) }}
with compared as (

    select
        facts.cohort_id,
        facts.patient_id,
        facts.person_id,
        facts.sample_id,
        rna.index_sample_id,
        rna.is_patient_sample,
        facts.hugo_symbol,
        case
            when facts.unit = 'read counts' then 1e6 * facts.value / nullif(rna.library_size, 0) else facts.value
        end as value,
        case when facts.unit = 'read counts' then 'counts per million' else facts.unit end as unit
    from {{ without_database(ref('expression')) }} as facts
    inner join {{ without_database(ref('rna_samples')) }} as rna
        on facts.cohort_id = rna.cohort_id and facts.sample_id = rna.sample_id
    where facts.is_counted and facts.hugo_symbol is not null

)

select
    cohort_id,
    patient_id,
    person_id,
    sample_id,
    index_sample_id,
    is_patient_sample,
    hugo_symbol,
    value,
    unit,
    case when unit like 'log2%' then value else log2(case when value < 0 then 0 else value end + 1) end as log2_value,
    case when unit like 'log2%' then unit else 'log2(' || unit || ' + 1)' end as log2_unit
from compared
