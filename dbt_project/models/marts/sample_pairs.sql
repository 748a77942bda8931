-- Every two samples of one patient, the earlier first. Two samples of one time are a pair only when both were sequenced
-- (pieces of one tumour), so that the DNA and the RNA of one biopsy are not.
with numbered as (

    select
        times.*,
        samples.person_id,
        coalesce(profiling.is_profiled, false) as is_sequenced,
        coalesce(profiling.is_undetermined, false) as is_undetermined,
        samples.source_file_id,
        samples.source_row,
        row_number() over (
            partition by times.cohort_id, times.patient_id
            order by
                coalesce(times.time_order, 9), coalesce(times.biopsy_months, 0),
                case when times.sample_type = 'Primary' then 0 else 1 end, times.sample_id
        ) as place
    from {{ ref('int_sample_times') }} as times
    inner join {{ ref('samples') }} as samples
        on times.cohort_id = samples.cohort_id and times.sample_id = samples.sample_id
    left join {{ ref('profiling') }} as profiling
        on times.cohort_id = profiling.cohort_id and times.sample_id = profiling.sample_id

),

progressions as (

    select
        cohort_id,
        patient_id,
        time_months as progression_months
    from {{ ref('survival_outcomes') }}
    where endpoint = 'PFS' and is_event

),

paired as (

    select
        first_one.cohort_id,
        first_one.patient_id,
        first_one.person_id,
        first_one.sample_id as first_sample_id,
        second_one.sample_id as second_sample_id,
        first_one.biopsy_time as first_biopsy_time,
        second_one.biopsy_time as second_biopsy_time,
        first_one.time_order as first_order,
        second_one.time_order as second_order,
        first_one.biopsy_months as first_biopsy_months,
        second_one.biopsy_months as second_biopsy_months,
        second_one.biopsy_time_raw as second_time_raw,
        progressions.progression_months,
        case
            when first_one.time_order <= 1 and second_one.time_order >= 1 and second_one.time_order > first_one.time_order
                then first_one.first_course
        end as first_course,
        case
            when
                first_one.has_two_courses and first_one.time_order <= 3 and second_one.time_order >= 3
                and second_one.time_order > first_one.time_order
                then first_one.second_course
        end as second_course,
        case
            when second_one.time_order = 2 then first_one.first_course_response
            when second_one.time_order = 4 and first_one.has_two_courses then first_one.second_course_response
            when second_one.time_order = 4 then first_one.first_course_response
        end as response_before_second,
        first_one.metastatic_site as first_metastatic_site,
        second_one.metastatic_site as second_metastatic_site,
        first_one.is_sequenced as is_first_sequenced,
        second_one.is_sequenced as is_second_sequenced,
        first_one.is_undetermined or second_one.is_undetermined as is_undetermined,
        first_one.source_file_id,
        first_one.source_row,
        second_one.source_file_id as second_source_file_id,
        second_one.source_row as second_source_row
    from numbered as first_one
    inner join numbered as second_one
        on
            first_one.cohort_id = second_one.cohort_id
            and first_one.patient_id = second_one.patient_id
            and first_one.place < second_one.place
    left join progressions
        on first_one.cohort_id = progressions.cohort_id and first_one.patient_id = progressions.patient_id
    where
        (first_one.is_sequenced and second_one.is_sequenced)
        or first_one.time_order < second_one.time_order

),

evidenced as (

    select
        paired.*,
        case
            when second_order not in (2, 4) then null
            when second_time_raw in ('relapse', 'progression') then 'the source calls the sample ' || second_time_raw
            when second_order = 4 and second_biopsy_months >= progression_months
                then 'taken at or after the date of progression'
            when response_before_second = 'PD' then 'best response to the course before it was PD'
        end as progression_evidence
    from paired

),

roles as (

    select
        evidenced.*,
        case first_order
            when 0 then 'baseline' when 1 then 'on_treatment' when 2 then 'baseline'
            when 3 then 'on_treatment' when 4 then 'post_treatment'
        end as first_role,
        case
            when second_order = 0 then 'baseline'
            when second_order in (1, 3) then 'on_treatment'
            when second_order in (2, 4) and progression_evidence is not null then 'progression'
            when second_order in (2, 4) then 'post_treatment'
        end as second_role
    from evidenced

)

select
    cohort_id || ':' || first_sample_id || '>' || second_sample_id as pair_id,
    cohort_id,
    patient_id,
    person_id,
    first_sample_id,
    second_sample_id,
    first_biopsy_time,
    second_biopsy_time,
    first_role,
    second_role,
    case
        when first_order is null or second_order is null then 'order unknown'
        when first_order = second_order then 'one time'
        else first_role || ' to ' || second_role
    end as role,
    progression_evidence,
    first_biopsy_months,
    second_biopsy_months,
    second_biopsy_months - first_biopsy_months as months_between,
    case
        when first_course is not null and second_course is not null then first_course || ', then ' || second_course
        else coalesce(first_course, second_course)
    end as intervening_therapy,
    first_metastatic_site,
    second_metastatic_site,
    is_first_sequenced,
    is_second_sequenced,
    is_first_sequenced and is_second_sequenced as is_both_sequenced,
    -- what a sample lacks that cannot be judged as a whole would count as lost or gained
    is_first_sequenced and is_second_sequenced and not is_undetermined
    and first_order is not null and second_order is not null as can_be_compared,
    cast(row_number() over (
        partition by cohort_id, patient_id
        order by
            coalesce(first_order, 4), coalesce(second_order, 4) desc,
            cohort_id || ':' || first_sample_id || '>' || second_sample_id
    ) as bigint) as pair_number,
    source_file_id,
    source_row,
    second_source_file_id,
    second_source_row
from roles
