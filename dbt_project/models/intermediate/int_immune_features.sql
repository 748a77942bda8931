-- Immune features with what speaks against a row: no number, or another aliquot of the sample that counts. Of several
-- aliquots of a sample in one source, the one whose barcode comes first in the alphabet counts (the first portion).
with tables as (

    select
        cohort_id,
        sample_id,
        feature,
        value,
        value_raw,
        source_label as source,
        aliquot_raw,
        column_name,
        'immune_features' as raw_table,
        source_file_id,
        source_row
    from {{ ref('stg_immune_features') }}

),

attributes as (

    select
        cohort_id,
        sample_id,
        case attribute when 'NEOANTIGEN_COUNT' then 'neoantigens' else 'cytolytic_score' end as feature,
        value_number as value,
        value_raw,
        'clinical tables of the cohort' as source,
        cast(null as string) as aliquot_raw,
        column_name,
        'clinical_values' as raw_table,
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

known as (

    select
        together.*,
        samples.patient_id
    from together
    inner join {{ ref('int_samples') }} as samples
        on together.cohort_id = samples.cohort_id and together.sample_id = samples.sample_id
    where samples.patient_id is not null

),

ranked as (

    select
        *,
        count(value) over (partition by cohort_id, sample_id, feature, source) as n_aliquots,
        row_number() over (
            partition by cohort_id, sample_id, feature, source
            order by
                case when value is null then 1 else 0 end,
                case when aliquot_raw is null then 1 else 0 end,
                aliquot_raw,
                source_row,
                source_file_id,
                column_name
        ) as place
    from known

)

select
    cohort_id,
    patient_id,
    sample_id,
    feature,
    value,
    value_raw,
    source,
    aliquot_raw,
    n_aliquots,
    column_name,
    raw_table,
    case when value is null then 'not_a_number' when place > 1 then 'repeated_aliquot' end as problem,
    source_file_id,
    source_row
from ranked
