select
    calls.cohort_id,
    samples.patient_id,
    samples.person_id,
    calls.sample_id,
    symbols.hugo_symbol,
    calls.hugo_symbol as hugo_symbol_raw,
    calls.copy_number_level,
    calls.source_file_id,
    calls.source_row
from {{ ref('stg_copy_number') }} as calls
inner join {{ ref('samples') }} as samples
    on calls.cohort_id = samples.cohort_id and calls.sample_id = samples.sample_id
inner join {{ ref('int_gene_symbols') }} as symbols on calls.hugo_symbol = symbols.symbol_raw
