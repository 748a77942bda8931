select
    cells.cohort_id,
    samples.patient_id,
    persons.person_id,
    cells.sample_id,
    cells.signature,
    cells.n_mutations,
    cells.source_file_id,
    cells.source_row
from {{ ref('stg_published_exposures') }} as cells
inner join {{ ref('int_samples') }} as samples
    on cells.cohort_id = samples.cohort_id and cells.sample_id = samples.sample_id
inner join {{ ref('int_persons') }} as persons
    on samples.cohort_id = persons.cohort_id and samples.patient_id = persons.patient_id
