-- Expression as the cohorts published it: nothing is normalised (sample_expression has comparable values). A gene that
-- nothing resolves has no hugo_symbol.
select
    facts.cohort_id,
    samples.patient_id,
    samples.person_id,
    facts.sample_id,
    genes.hugo_symbol,
    genes.is_counted,
    facts.gene as gene_raw,
    facts.value,
    facts.unit,
    facts.pipeline,
    facts.sample_raw,
    facts.source_file_id,
    facts.source_row
from {{ ref('stg_expression') }} as facts
inner join {{ ref('samples') }} as samples
    on facts.cohort_id = samples.cohort_id and facts.sample_id = samples.sample_id
inner join {{ ref('int_expression_rows') }} as genes
    on facts.cohort_id = genes.cohort_id and facts.gene = genes.gene_raw
where facts.value is not null
