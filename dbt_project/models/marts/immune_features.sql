-- Immune features, one row a sample, feature and source. Where a source has several aliquots of a sample, the one
-- whose barcode comes first in the alphabet counts (the first portion); n_aliquots says how many there were.
with tables as (

    select
        cohort_id,
        sample_id,
        feature,
        value,
        source_label as source,
        aliquot_raw,
        column_name,
        source_file_id,
        source_row
    from {{ ref('stg_immune_features') }}
    where value is not null

),

attributes as (

    select
        cohort_id,
        sample_id,
        case attribute when 'NEOANTIGEN_COUNT' then 'neoantigens' else 'cytolytic_score' end as feature,
        value_number as value,
        'clinical tables of the cohort' as source,
        cast(null as string) as aliquot_raw,
        column_name,
        source_file_id,
        source_row
    from {{ ref('int_sample_attributes') }}
    where attribute in ('NEOANTIGEN_COUNT', 'CYTOLYTIC_SCORE') and value_number is not null

),

together as (

    select * from tables
    union all
    select * from attributes

),

ranked as (

    select
        *,
        count(*) over (partition by cohort_id, sample_id, feature, source) as n_aliquots,
        row_number() over (
            partition by cohort_id, sample_id, feature, source order by aliquot_raw, source_row, source_file_id
        ) as place
    from together

)

select
    ranked.cohort_id,
    samples.patient_id,
    samples.person_id,
    ranked.sample_id,
    ranked.feature,
    ranked.value,
    terms.unit,
    terms.family,
    ranked.source,
    ranked.aliquot_raw,
    ranked.n_aliquots,
    ranked.column_name,
    ranked.source_file_id,
    ranked.source_row
from ranked
inner join {{ ref('samples') }} as samples
    on ranked.cohort_id = samples.cohort_id and ranked.sample_id = samples.sample_id
left join {{ ref('immune_feature_terms') }} as terms on ranked.feature = terms.feature
where ranked.place = 1
