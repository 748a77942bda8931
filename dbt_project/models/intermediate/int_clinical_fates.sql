-- What became of every understood cell of the clinical tables: it counts for its patient or a sample, or it repeats what
-- counts, or another value counts, or it is half of an endpoint of which the other half is missing.
with cells as (

    select * from {{ ref('int_clinical_attributes') }} where problem is null

),

of_patients as (

    select * from {{ ref('int_patient_values') }}

),

of_samples as (

    select * from {{ ref('int_sample_values') }}

),

pairs as (

    select * from {{ ref('int_survival_pairs') }}

),

-- the value that each one is held against; an incomplete endpoint has none
held as (

    select
        others.cohort_id,
        others.file_order,
        others.source_file_id,
        others.source_row,
        others.column_name,
        others.value_raw,
        others.patient_id,
        others.place = 1 as is_used,
        {{ values_differ('kept', 'others') }} as is_contradicted,
        false as is_half
    from of_patients as others
    inner join of_patients as kept
        on
            others.cohort_id = kept.cohort_id
            and others.patient_id = kept.patient_id
            and others.attribute = kept.attribute
            and kept.place = 1
    -- a value of a sample's attribute counts for its patient, too; whether it is contradicted is the samples' business
    where others.endpoint is null and (others.attribute_level = 'patient' or others.place = 1)
    union all
    select
        others.cohort_id,
        others.file_order,
        others.source_file_id,
        others.source_row,
        others.column_name,
        others.value_raw,
        others.patient_id,
        others.place = kept.place and pairs.problem is null as is_used,
        {{ values_differ('kept', 'others') }} as is_contradicted,
        pairs.problem is not null as is_half
    from pairs
    inner join of_patients as others
        on
            pairs.cohort_id = others.cohort_id
            and pairs.patient_id = others.patient_id
            and pairs.endpoint = others.endpoint
    inner join of_patients as kept
        on
            others.cohort_id = kept.cohort_id
            and others.patient_id = kept.patient_id
            and others.attribute = kept.attribute
            and kept.place = case when others.attribute_type = 'time' then pairs.time_place else pairs.status_place end
    union all
    select
        others.cohort_id,
        others.file_order,
        others.source_file_id,
        others.source_row,
        others.column_name,
        others.value_raw,
        others.patient_id,
        others.place = 1 as is_used,
        {{ values_differ('kept', 'others') }} as is_contradicted,
        false as is_half
    from of_samples as others
    inner join of_samples as kept
        on
            others.cohort_id = kept.cohort_id
            and others.sample_id = kept.sample_id
            and others.attribute = kept.attribute
            and kept.place = 1

),

fates as (

    select
        cohort_id,
        file_order,
        source_file_id,
        source_row,
        column_name,
        value_raw,
        max(case when is_used then 1 else 0 end) = 1 as is_used,
        max(case when is_contradicted then 1 else 0 end) = 1 as is_contradicted,
        max(case when is_half then 1 else 0 end) = 1 as is_half
    from held
    group by cohort_id, file_order, source_file_id, source_row, column_name, value_raw

)

select
    cells.cohort_id,
    cells.patient_id,
    cells.sample_id,
    cells.attribute,
    cells.value_text,
    cells.value_number,
    cells.value_raw,
    cells.column_name,
    cells.source_file_id,
    cells.source_row,
    case
        when fates.is_used then 'counts'
        when fates.is_half then 'half of an endpoint'
        when fates.is_contradicted then 'another value counts'
        else 'repeats what counts'
    end as fate
from cells
inner join fates
    on
        cells.cohort_id = fates.cohort_id
        and cells.file_order = fates.file_order
        and cells.source_file_id = fates.source_file_id
        and cells.source_row = fates.source_row
        and cells.column_name = fates.column_name
        and cells.value_raw = fates.value_raw
