-- Every sample with expression, and which one counts for its patient: the sample whose gene status counts, else the one
-- before treatment, else of unknown time, else the first by name.
with measured as (

    select
        cohort_id,
        patient_id,
        person_id,
        sample_id,
        min(unit) as unit,
        count(hugo_symbol) as n_genes,
        sum(case when unit = 'read counts' then value end) as library_size
    from {{ ref('expression') }}
    group by cohort_id, patient_id, person_id, sample_id

)

select
    measured.cohort_id,
    measured.patient_id,
    measured.person_id,
    measured.sample_id,
    index_samples.sample_id as index_sample_id,
    samples.biopsy_time,
    row_number() over (
        partition by measured.cohort_id, measured.patient_id
        order by
            case when measured.sample_id = index_samples.sample_id then 0 else 1 end,
            case when samples.biopsy_time = 'pre' then 0 when samples.biopsy_time is null then 1 else 2 end,
            measured.sample_id
    ) = 1 as is_patient_sample,
    measured.unit,
    measured.n_genes,
    measured.library_size
from measured
inner join {{ ref('samples') }} as samples
    on measured.cohort_id = samples.cohort_id and measured.sample_id = samples.sample_id
inner join {{ ref('samples') }} as index_samples
    on
        measured.cohort_id = index_samples.cohort_id
        and measured.patient_id = index_samples.patient_id
        and index_samples.is_index
