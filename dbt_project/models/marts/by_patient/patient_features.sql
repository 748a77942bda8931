-- One value a patient and immune feature. Of several sources of a feature, that which covers most samples of the cohort
-- counts; of several samples of a patient the one whose gene status counts, else the first by name.
with sources as (

    select
        cohort_id,
        feature,
        source,
        row_number() over (partition by cohort_id, feature order by count(*) desc, source) as place
    from {{ ref('immune_features') }}
    group by cohort_id, feature, source

),

ordered as (

    select
        facts.cohort_id,
        facts.patient_id,
        facts.person_id,
        index_samples.sample_id,
        facts.sample_id as feature_sample_id,
        facts.feature,
        facts.value,
        facts.unit,
        facts.family,
        facts.source,
        facts.source_file_id,
        facts.source_row,
        row_number() over (
            partition by facts.cohort_id, facts.patient_id, facts.feature
            order by case when facts.sample_id = index_samples.sample_id then 0 else 1 end, facts.sample_id
        ) as place
    from {{ ref('immune_features') }} as facts
    inner join sources
        on
            facts.cohort_id = sources.cohort_id
            and facts.feature = sources.feature
            and facts.source = sources.source
            and sources.place = 1
    inner join {{ ref('samples') }} as index_samples
        on
            facts.cohort_id = index_samples.cohort_id
            and facts.patient_id = index_samples.patient_id
            and index_samples.is_index

)

select
    cohort_id,
    patient_id,
    person_id,
    sample_id,
    feature_sample_id,
    feature,
    value,
    unit,
    family,
    source,
    source_file_id,
    source_row
from ordered
where place = 1
