-- Segments with their patient, or with the rule that says why not. DNAcopy writes the sex chromosomes as numbers.
with segments as (

    select
        *,
        {{ bare_chromosome('chromosome') }} as bare_chromosome
    from {{ ref('stg_copy_number_segments') }}

),

samples as (

    select
        cohort_id,
        sample_id,
        patient_id
    from {{ ref('int_samples') }}
    where patient_id is not null

)

select
    segments.cohort_id,
    samples.patient_id,
    segments.sample_id,
    case segments.bare_chromosome
        when '23' then 'X'
        when '24' then 'Y'
        else segments.bare_chromosome
    end as chromosome,
    segments.start_position,
    segments.end_position,
    segments.n_probes,
    segments.segment_mean as log2_ratio,
    case
        when samples.patient_id is null then 'unknown_sample'
        when segments.start_position is null or segments.end_position is null or segments.segment_mean is null
            then 'not_a_number'
        when segments.end_position < segments.start_position then 'backwards_segment'
    end as problem,
    case
        when samples.patient_id is null then 'sample_id'
        when segments.start_position is null then 'start_position'
        when segments.end_position is null then 'end_position'
        when segments.segment_mean is null then 'segment_mean'
        else 'end_position'
    end as problem_column,
    case
        when samples.patient_id is null then segments.sample_id
        when segments.end_position < segments.start_position then cast(segments.end_position as string)
    end as problem_value,
    segments.source_file_id,
    segments.source_row
from segments
left join samples
    on segments.cohort_id = samples.cohort_id and segments.sample_id = samples.sample_id
