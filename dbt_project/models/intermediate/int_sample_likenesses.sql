-- Samples of tables of calls that no patient of the cohort is known for, each with the known samples that the same name may
-- mean: in other letters or with other marks (TCGA.AB.0001.01), without zeros that a number format adds (1 for 00001), longer
-- or shorter by whole parts (P-001-T1_tumor, P-001), or the patient's name. Nothing is joined by it: it says whose genes a
-- row may speak of that is otherwise nobody's (undetermined_genes, undetermined_copy_number, structural_variant_samples).
with unknown as (

    select distinct
        cohort_id,
        sample_id,
        {{ sample_key('sample_id') }} as name_key
    from {{ ref('int_unknown_samples') }}
    where raw_table in ('mutations', 'copy_number', 'structural_variants')

),

known as (

    select
        samples.cohort_id,
        samples.sample_id,
        samples.patient_id,
        {{ sample_key('samples.sample_id') }} as name_key,
        {{ sample_key('samples.patient_id') }} as patient_key
    from {{ ref('int_samples') }} as samples
    where
        samples.patient_id is not null
        and samples.cohort_id in (select unknown.cohort_id from unknown)

),

-- X-1-T1 begins with X and with X-1
unknown_beginnings as (

    {{ key_beginnings('unknown', 'cohort_id, sample_id') }}

),

known_beginnings as (

    {{ key_beginnings('known', 'cohort_id, sample_id, patient_id') }}

)

select
    unknown.cohort_id,
    unknown.sample_id as unknown_sample_id,
    known.sample_id,
    known.patient_id
from unknown
inner join known
    on unknown.cohort_id = known.cohort_id and unknown.name_key in (known.name_key, known.patient_key)
where unknown.name_key <> ''
union
select
    unknown.cohort_id,
    unknown.sample_id as unknown_sample_id,
    known.sample_id,
    known.patient_id
from unknown_beginnings as unknown
inner join known on unknown.cohort_id = known.cohort_id and unknown.beginning = known.name_key
where unknown.beginning <> ''
union
select
    unknown.cohort_id,
    unknown.sample_id as unknown_sample_id,
    known.sample_id,
    known.patient_id
from unknown
inner join known_beginnings as known on unknown.cohort_id = known.cohort_id and unknown.name_key = known.beginning
where unknown.name_key <> ''
