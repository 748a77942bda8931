select
    samples.cohort_id,
    samples.sample_id,
    samples.patient_id,
    samples.person_id,
    profiling.sample_id is not null as is_profiled,
    profiling.panel_id,
    profiling.assay_kind,
    coalesce(profiling.rule, 'on no list of sequenced samples') as rule,
    coalesce(profiling.source_file_id, samples.source_file_id) as source_file_id,
    coalesce(profiling.source_row, samples.source_row) as source_row
from {{ ref('samples') }} as samples
left join {{ ref('int_profiling') }} as profiling
    on samples.cohort_id = profiling.cohort_id and samples.sample_id = profiling.sample_id
