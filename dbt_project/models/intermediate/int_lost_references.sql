-- Rows of gene panels and gene identifier tables that are in no mart, under the cohort or reference that the file
-- belongs to.
with owners as (

    select
        source_file_id,
        min(cohort_id) as cohort_id
    from {{ ref('stg_source_files') }}
    group by source_file_id

),

lost as (

    select
        source_file_id,
        source_row,
        'gene_panels' as raw_table,
        problem,
        panel_id as column_name,
        hugo_symbol_raw as value_raw
    from {{ ref('int_panel_rows') }}
    where problem is not null
    union all
    select
        source_file_id,
        source_row,
        'gene_identifiers' as raw_table,
        problem,
        case
            when hugo_symbol is null then 'hugo_symbol'
            when ensembl_gene_id is null then 'entrez_gene_id'
            else 'ensembl_gene_id'
        end as column_name,
        coalesce(ensembl_gene_id, cast(entrez_gene_id as string), hugo_symbol_raw) as value_raw
    from {{ ref('int_gene_identifier_rows') }}
    where problem is not null

)

select
    owners.cohort_id,
    lost.source_file_id,
    lost.source_row,
    lost.raw_table,
    lost.problem,
    lost.column_name,
    lost.value_raw
from lost
left join owners on lost.source_file_id = owners.source_file_id
