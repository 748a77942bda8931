-- Segments with their patient, or with the rule that says why not. DNAcopy writes the sex chromosomes as numbers. A table
-- of segments does not say which build it counts in: a segment is beyond its chromosome when it is in both builds.
with segments as (

    select
        *,
        upper({{ bare_chromosome('chromosome') }}) as bare_chromosome
    from {{ ref('stg_copy_number_segments') }}

),

samples as (

    select
        cohort_id,
        sample_id,
        patient_id
    from {{ ref('int_samples') }}
    where patient_id is not null

),

lengths as (

    select
        chromosome,
        case when grch37_length > grch38_length then grch37_length else grch38_length end as n_bases
    from {{ ref('chromosome_lengths') }}

),

placed as (

    select
        segments.*,
        samples.patient_id,
        case segments.bare_chromosome
            when '23' then 'X'
            when '24' then 'Y'
            else segments.bare_chromosome
        end as chromosome_name
    from segments
    left join samples
        on segments.cohort_id = samples.cohort_id and segments.sample_id = samples.sample_id

),

judged as (

    select
        placed.*,
        case
            when placed.patient_id is null then 'unknown_sample'
            when
                placed.start_position is null or placed.end_position is null or placed.segment_mean is null
                then 'not_a_number'
            when lengths.chromosome is null then 'unknown_chromosome'
            when placed.end_position < placed.start_position then 'backwards_segment'
            when placed.start_position < 0 or placed.end_position > lengths.n_bases then 'beyond_chromosome'
        end as problem
    from placed
    left join lengths on placed.chromosome_name = lengths.chromosome

)

select
    cohort_id,
    patient_id,
    sample_id,
    chromosome_name as chromosome,
    start_position,
    end_position,
    n_probes,
    segment_mean as log2_ratio,
    problem,
    case
        when problem = 'unknown_sample' then 'sample_id'
        when problem = 'unknown_chromosome' then 'chromosome'
        when start_position is null or (problem = 'beyond_chromosome' and start_position < 0) then 'start_position'
        when end_position is null then 'end_position'
        when segment_mean is null then 'segment_mean'
        when problem is not null then 'end_position'
    end as problem_column,
    case
        when problem = 'unknown_sample' then sample_id
        when problem = 'unknown_chromosome' then chromosome
        when start_position is null or (problem = 'beyond_chromosome' and start_position < 0) then start_position_raw
        when end_position is null then end_position_raw
        when segment_mean is null then segment_mean_raw
        when problem is not null then end_position_raw
    end as problem_value,
    source_file_id,
    source_row
from judged
