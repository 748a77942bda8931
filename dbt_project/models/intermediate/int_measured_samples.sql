-- Samples that an expression table or a table of immune features names, and whether the cohort knows them.
with expressed as (

    select
        cohort_id,
        sample_id,
        'expression' as measurement,
        min(sample_raw) as sample_raw,
        min({{ place('source_file_id', 'source_row') }}) as place
    from {{ ref('stg_expression') }}
    group by cohort_id, sample_id

),

featured as (

    select
        cohort_id,
        sample_id,
        'immune_features' as measurement,
        min(coalesce(aliquot_raw, sample_id)) as sample_raw,
        min({{ place('source_file_id', 'source_row') }}) as place
    from {{ ref('stg_immune_features') }}
    group by cohort_id, sample_id

),

measured as (

    select * from expressed
    union all
    select * from featured

)

select
    measured.cohort_id,
    measured.sample_id,
    measured.measurement,
    measured.sample_raw,
    {{ place_file('measured.place') }} as source_file_id,
    {{ place_row('measured.place') }} as source_row,
    samples.patient_id is null as is_orphan
from measured
left join {{ ref('int_samples') }} as samples
    on measured.cohort_id = samples.cohort_id and measured.sample_id = samples.sample_id
