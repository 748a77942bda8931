-- What could not be read (ingestion), what could be read and not understood, and rows of samples that no clinical table
-- has. Many raw rows may be one line: n_rows says how many, source_row and value show the first of them.
with rules as (

    select * from {{ ref('rejection_rules') }}

),

unread as (

    select
        cohort_id,
        source_file_id,
        source_row,
        rule_id,
        column_name,
        value,
        raw_table,
        is_lost,
        n_rows
    from {{ ref('stg_rejected_rows') }}

),

not_understood as (

    select
        cohort_id,
        source_file_id,
        source_row,
        rule_id,
        column_name,
        value,
        'clinical_values' as raw_table,
        is_lost,
        cast(1 as bigint) as n_rows
    from {{ ref('int_clinical_rejections') }}

),

orphans as (

    select
        cohort_id,
        source_file_id,
        source_row,
        'unknown_sample' as rule_id,
        'sample_id' as column_name,
        sample_raw as value,
        raw_table,
        true as is_lost,
        n_rows
    from {{ ref('int_unknown_samples') }}

),

lost as (

    select
        cohort_id,
        source_file_id,
        source_row,
        problem as rule_id,
        column_name,
        value_raw as value,
        raw_table,
        true as is_lost,
        n_rows
    from {{ ref('int_lost_measurements') }}

),

references_lost as (

    select
        cohort_id,
        source_file_id,
        source_row,
        problem as rule_id,
        column_name,
        value_raw as value,
        raw_table,
        true as is_lost,
        cast(1 as bigint) as n_rows
    from {{ ref('int_lost_references') }}

),

-- mutation rows that stay but are not understood, and places that are no numbers (0 and -1 say that there is none)
calls as (

    select
        cohort_id,
        source_file_id,
        source_row,
        coalesce(problem, case when names_several_genes then 'several_genes' else 'missing_gene' end) as rule_id,
        case
            when problem in ('unknown_class', 'missing_class') then 'Variant_Classification'
            when problem = 'unknown_filter' then 'FILTER'
            when problem = 'no_change' then 'Tumor_Seq_Allele2'
            when problem = 'unknown_mutation_status' then 'Mutation_Status'
            else 'Hugo_Symbol'
        end as column_name,
        case
            when problem in ('unknown_class', 'missing_class') then variant_classification_raw
            when problem = 'unknown_filter' then filter_raw
            when problem = 'no_change' then reference_allele || '>' || tumor_seq_allele2
            when problem = 'unknown_mutation_status' then mutation_status_raw
            when problem = 'symbol_and_number_disagree'
                then hugo_symbol_raw || ', Entrez ' || cast(entrez_gene_id as string)
            when problem in ('symbol_and_chromosome_disagree', 'position_outside_gene')
                then hugo_symbol_raw || ', chromosome ' || chromosome || ':' || cast(start_position as string)
            else hugo_symbol_raw
        end as value,
        'mutations' as raw_table,
        false as is_lost,
        cast(1 as bigint) as n_rows
    from {{ ref('int_mutations') }}
    where
        patient_id is not null
        and (
            problem is not null or names_several_genes
            -- a change in a gene that nobody names counts in the burden, and is in doubt for the genes at its place
            or could_count and gene_rule = 'names no gene'
        )
    union all
    select
        cohort_id,
        source_file_id,
        source_row,
        'unreadable_position' as rule_id,
        'Start_Position' as column_name,
        start_position_raw as value,
        'mutations' as raw_table,
        false as is_lost,
        cast(1 as bigint) as n_rows
    from {{ ref('int_mutations') }}
    where
        patient_id is not null and start_position is null
        and start_position_raw is not null and {{ to_bigint('start_position_raw') }} is null

),

panels as (

    select
        cohort_id,
        source_file_id,
        source_row,
        'unknown_panel' as rule_id,
        'panel_id' as column_name,
        sample_id as value,
        'profiled_samples' as raw_table,
        false as is_lost,
        cast(1 as bigint) as n_rows
    from {{ ref('int_profiling') }}
    where panel_problem is not null

),

unresolved as (

    select
        cohort_id,
        source_file_id,
        min(source_row) as source_row,
        'unresolved_gene' as rule_id,
        problem_column as column_name,
        problem_value as value,
        'copy_number' as raw_table,
        false as is_lost,
        count(*) as n_rows
    from {{ ref('int_copy_number') }}
    where problem is null and hugo_symbol is null
    group by cohort_id, source_file_id, problem_column, problem_value

),

-- what of a clinical value is wrong in particular, beside what its rule means
notes as (

    select distinct
        cohort_id,
        source_file_id,
        source_row,
        rule_id,
        column_name,
        problem_note
    from {{ ref('int_clinical_rejections') }}
    where problem_note is not null

),

together as (

    select * from unread
    union all
    select * from not_understood
    union all
    select * from orphans
    union all
    select * from lost
    union all
    select * from references_lost
    union all
    select * from calls
    union all
    select * from panels
    union all
    select * from unresolved

)

select
    together.cohort_id,
    together.source_file_id,
    together.source_row,
    together.rule_id,
    together.column_name,
    together.value,
    rules.description || coalesce(' ' || notes.problem_note, '') as message,
    together.raw_table,
    together.is_lost,
    together.n_rows
from together
left join rules on together.rule_id = rules.rule_id
left join notes
    on
        together.cohort_id = notes.cohort_id
        and together.source_file_id = notes.source_file_id
        and together.source_row = notes.source_row
        and together.rule_id = notes.rule_id
        and together.column_name = notes.column_name
