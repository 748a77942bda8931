-- Who is in the tables of spectra and of published exposures: cells of zero are no rows there, so that only this list
-- tells a sample without a mutation (or without a signature) from one that was never counted.
with totals as (

    select
        cohort_id,
        source_file_id,
        sample_id,
        sum(cast(n_mutations as double)) as n_mutations
    from {{ ref('stg_mutation_spectra') }}
    group by cohort_id, source_file_id, sample_id
    union all
    select
        cohort_id,
        source_file_id,
        sample_id,
        sum(n_mutations) as n_mutations
    from {{ ref('stg_published_exposures') }}
    group by cohort_id, source_file_id, sample_id

)

select
    listed.cohort_id,
    samples.patient_id,
    persons.person_id,
    listed.sample_id,
    listed.table_kind,
    coalesce(totals.n_mutations, 0.0) as n_mutations,
    listed.cosine_similarity,
    listed.sample_raw,
    listed.source_file_id,
    listed.source_row
from {{ ref('stg_signature_samples') }} as listed
inner join {{ ref('int_samples') }} as samples
    on listed.cohort_id = samples.cohort_id and listed.sample_id = samples.sample_id
inner join {{ ref('int_persons') }} as persons
    on samples.cohort_id = persons.cohort_id and samples.patient_id = persons.patient_id
left join totals
    on
        listed.cohort_id = totals.cohort_id
        and listed.source_file_id = totals.source_file_id
        and listed.sample_id = totals.sample_id
