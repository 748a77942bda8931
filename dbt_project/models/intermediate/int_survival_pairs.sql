-- Time and status of one endpoint and patient. They come from one row of one source, the first that has both; a pair is
-- never made of two rows where a row has both. Where none has (a time in one file, the status in another), the two
-- belong together only if each is the only one, and a flag says so. Otherwise problem says what is missing.
with rows_of_sources as (

    select * from {{ ref('int_survival_rows') }}

),

counted as (

    select
        cohort_id,
        patient_id,
        endpoint,
        max(case when is_complete then 1 else 0 end) = 1 as has_complete_row,
        min(time_months) as lowest_months,
        max(time_months) as highest_months,
        min(status) as lowest_status,
        max(status) as highest_status,
        min(time_place) as time_place,
        min(status_place) as status_place
    from rows_of_sources
    group by cohort_id, patient_id, endpoint

),

-- the rows that time and status come from: the first complete one for both, else the first that has each
chosen as (

    select
        counted.*,
        coalesce(complete.time_place, counted.time_place) as chosen_time_place,
        coalesce(complete.status_place, counted.status_place) as chosen_status_place
    from counted
    left join rows_of_sources as complete
        on
            counted.cohort_id = complete.cohort_id
            and counted.patient_id = complete.patient_id
            and counted.endpoint = complete.endpoint
            and complete.is_complete
            and complete.place = 1

)

select
    chosen.cohort_id,
    chosen.patient_id,
    chosen.endpoint,
    chosen.has_complete_row,
    times.time_months,
    times.time_step_months,
    times.time_raw,
    times.time_unit_raw,
    times.time_column,
    times.source_file_id as time_source_file_id,
    times.source_row as time_source_row,
    statuses.status,
    statuses.status_raw,
    statuses.status_column,
    statuses.source_file_id as status_source_file_id,
    statuses.source_row as status_source_row,
    chosen.chosen_time_place as time_place,
    chosen.chosen_status_place as status_place,
    case
        when chosen.has_complete_row then null
        when chosen.status_place is null then 'time_without_status'
        when chosen.time_place is null then 'status_without_time'
        when
            chosen.lowest_status <> chosen.highest_status
            or chosen.highest_months - chosen.lowest_months > 0.005 * chosen.highest_months
            then 'time_without_status'
    end as problem,
    case
        when not chosen.has_complete_row and chosen.status_place is not null and chosen.time_place is not null
            then 'No row has both, and the times and statuses of several rows can be joined in more than one way.'
    end as problem_note
from chosen
left join rows_of_sources as times
    on
        chosen.cohort_id = times.cohort_id
        and chosen.patient_id = times.patient_id
        and chosen.endpoint = times.endpoint
        and chosen.chosen_time_place = times.time_place
left join rows_of_sources as statuses
    on
        chosen.cohort_id = statuses.cohort_id
        and chosen.patient_id = statuses.patient_id
        and chosen.endpoint = statuses.endpoint
        and chosen.chosen_status_place = statuses.status_place
