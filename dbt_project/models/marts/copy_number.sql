-- Discrete calls that are not neutral. A gene whose number no source at hand resolves has no hugo_symbol.
select
    calls.cohort_id,
    calls.patient_id,
    persons.person_id,
    calls.sample_id,
    calls.hugo_symbol,
    calls.hugo_symbol_raw,
    calls.entrez_gene_id,
    calls.copy_number_level,
    calls.source_file_id,
    calls.source_row
from {{ ref('int_copy_number') }} as calls
inner join {{ ref('int_persons') }} as persons
    on calls.cohort_id = persons.cohort_id and calls.patient_id = persons.patient_id
where calls.problem is null
