-- Filled cells of the clinical tables of which nothing is read, by column: no attribute asks for the column, or the cell
-- holds one of the file's words for missing.
with cells as (

    select
        cells.cohort_id,
        cells.file_id,
        cells.column_name,
        cells.source_file_id,
        cells.source_row,
        coalesce(cells.value = cells.patient_id or cells.value = cells.sample_id, false) as is_identifier,
        case
            when cells.value is null then 'word for missing'
            when column_maps.column_name is null then 'no attribute'
        end as why
    from {{ ref('stg_clinical_values') }} as cells
    left join {{ ref('stg_column_maps') }} as column_maps
        on
            cells.cohort_id = column_maps.cohort_id
            and cells.file_id = column_maps.file_id
            and cells.column_name = column_maps.column_name

)

select
    cohort_id,
    file_id,
    column_name,
    case when why = 'no attribute' and min(case when is_identifier then 1 else 0 end) = 1 then 'identifier' else why end
        as reason,
    source_file_id,
    min(source_row) as source_row,
    count(*) as n_rows
from cells
where why is not null
group by cohort_id, file_id, column_name, source_file_id, why
