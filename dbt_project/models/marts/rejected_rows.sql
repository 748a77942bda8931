-- What could not be read (ingestion), what could be read and not understood (values), rows of mutations, expression,
-- immune features or signatures of samples that no clinical table has, and segments that say nothing.
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
        value
    from {{ ref('stg_rejected_rows') }}

),

not_understood as (

    select
        cohort_id,
        source_file_id,
        source_row,
        problem as rule_id,
        column_name,
        value_raw as value
    from {{ ref('int_clinical_attributes') }}
    where problem is not null

),

orphans as (

    select
        cohort_id,
        source_file_id,
        source_row,
        'unknown_sample' as rule_id,
        'SAMPLE_ID' as column_name,
        sample_id as value
    from {{ ref('int_samples') }}
    where is_orphan

),

segments as (

    select
        cohort_id,
        source_file_id,
        source_row,
        problem as rule_id,
        problem_column as column_name,
        problem_value as value
    from {{ ref('int_copy_number_segments') }}
    where problem is not null

),

-- mutation rows that stay but are not understood, and places that are no numbers (0 and -1 say that there is none)
calls as (

    select
        cohort_id,
        source_file_id,
        source_row,
        coalesce(problem, 'several_genes') as rule_id,
        case
            when problem in ('unknown_class', 'missing_class') then 'Variant_Classification'
            when problem = 'unknown_filter' then 'FILTER'
            when problem = 'unknown_mutation_status' then 'Mutation_Status'
            else 'Hugo_Symbol'
        end as column_name,
        case
            when problem in ('unknown_class', 'missing_class') then variant_classification_raw
            when problem = 'unknown_filter' then filter_raw
            when problem = 'unknown_mutation_status' then mutation_status_raw
            when problem = 'symbol_and_number_disagree'
                then hugo_symbol_raw || ', Entrez ' || cast(entrez_gene_id as string)
            when problem in ('symbol_and_chromosome_disagree', 'position_outside_gene')
                then hugo_symbol_raw || ', chromosome ' || chromosome || ':' || cast(start_position as string)
            else hugo_symbol_raw
        end as value
    from {{ ref('int_mutations') }}
    where patient_id is not null and (problem is not null or names_several_genes)
    union all
    select
        cohort_id,
        source_file_id,
        source_row,
        'unreadable_position' as rule_id,
        'Start_Position' as column_name,
        start_position_raw as value
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
        sample_id as value
    from {{ ref('int_profiling') }}
    where panel_problem is not null

),

uncounted as (

    select
        listed.cohort_id,
        listed.source_file_id,
        listed.source_row,
        'unknown_sample' as rule_id,
        listed.table_kind as column_name,
        listed.sample_raw as value
    from {{ ref('stg_signature_samples') }} as listed
    left join {{ ref('int_samples') }} as samples
        on listed.cohort_id = samples.cohort_id and listed.sample_id = samples.sample_id
    where samples.patient_id is null

),

unmeasured as (

    select
        cohort_id,
        source_file_id,
        source_row,
        'unknown_sample' as rule_id,
        measurement as column_name,
        sample_raw as value
    from {{ ref('int_measured_samples') }}
    where is_orphan

),

together as (

    select * from unread
    union all
    select * from not_understood
    union all
    select * from orphans
    union all
    select * from segments
    union all
    select * from calls
    union all
    select * from panels
    union all
    select * from uncounted
    union all
    select * from unmeasured

)

select
    together.cohort_id,
    together.source_file_id,
    together.source_row,
    together.rule_id,
    together.column_name,
    together.value,
    rules.description as message
from together
left join rules on together.rule_id = rules.rule_id
