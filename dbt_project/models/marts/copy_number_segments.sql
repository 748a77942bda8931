select
    segments.cohort_id,
    segments.patient_id,
    persons.person_id,
    segments.sample_id,
    segments.chromosome,
    segments.start_position,
    segments.end_position,
    segments.n_probes,
    segments.log2_ratio,
    segments.source_file_id,
    segments.source_row
from {{ ref('int_copy_number_segments') }} as segments
inner join {{ ref('int_persons') }} as persons
    on segments.cohort_id = persons.cohort_id and segments.patient_id = persons.patient_id
where segments.problem is null
