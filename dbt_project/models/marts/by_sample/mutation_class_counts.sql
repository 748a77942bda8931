-- Counted calls by class. Every sequenced sample that can be judged as a whole has a count; only classes of which its
-- cohort's calls hold any can have one of 0: a table without silent calls does not say that nobody has one.
with counted as (

    select
        cohort_id,
        sample_id,
        variant_classification,
        count(*) as n_mutations
    from {{ ref('mutations') }}
    where is_usable and variant_classification is not null
    group by cohort_id, sample_id, variant_classification

),

held as (

    select distinct
        cohort_id,
        variant_classification
    from counted

)

select
    profiling.cohort_id,
    profiling.patient_id,
    profiling.person_id,
    profiling.sample_id,
    held.variant_classification,
    coalesce(counted.n_mutations, 0) as n_mutations
from {{ ref('profiling') }} as profiling
inner join held on profiling.cohort_id = held.cohort_id
left join counted
    on
        profiling.cohort_id = counted.cohort_id
        and profiling.sample_id = counted.sample_id
        and held.variant_classification = counted.variant_classification
where profiling.is_judged
