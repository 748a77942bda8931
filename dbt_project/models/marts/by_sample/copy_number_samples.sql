-- Who was looked at for copy number: the samples on a study's list of copy-number data. Only calls that are not neutral
-- are rows of copy_number; a sample of this list without a row there is neutral, unless undetermined_copy_number has one,
-- and any other is unknown.
with listed as (

    select
        cohort_id,
        sample_id,
        min({{ place('source_file_id', 'source_row') }}) as place
    from {{ ref('stg_case_lists') }}
    where
        list_category in (
            'all_cases_with_cna_data', 'all_cases_with_mutation_and_cna_data',
            'all_cases_with_mutation_and_cna_and_mrna_data'
        )
    group by cohort_id, sample_id

)

select
    listed.cohort_id,
    samples.patient_id,
    samples.person_id,
    listed.sample_id,
    profiling.panel_id,
    {{ place_file('listed.place') }} as source_file_id,
    {{ place_row('listed.place') }} as source_row
from listed
inner join {{ ref('samples') }} as samples
    on listed.cohort_id = samples.cohort_id and listed.sample_id = samples.sample_id
left join {{ ref('profiling') }} as profiling
    on listed.cohort_id = profiling.cohort_id and listed.sample_id = profiling.sample_id
