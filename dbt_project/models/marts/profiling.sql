-- Who was looked at with which panel, and whether a sample can be judged at all: one with calls that is on no list of
-- sequenced samples is neither not profiled nor wild-type, and an exome without a call of any class is not believed
-- unless the cohort file says so with evidence (a truncated table looks the same). A small panel may truly have none.
-- A table of calls that names genes in no row says of nobody which gene is mutated.
with nameless_files as (

    select
        cohort_id,
        file_id
    from {{ ref('stg_mutations') }}
    group by cohort_id, file_id
    having count(hugo_symbol) + count(entrez_gene_id) = 0

),

calls as (

    select
        calls.cohort_id,
        calls.sample_id,
        count(*) as n_rows,
        count(nameless_files.file_id) as n_rows_without_gene,
        sum(case when calls.hugo_symbol = '[unreadable line]' then 1 else 0 end) as n_unreadable_lines
    from {{ ref('stg_mutations') }} as calls
    left join nameless_files
        on calls.cohort_id = nameless_files.cohort_id and calls.file_id = nameless_files.file_id
    group by calls.cohort_id, calls.sample_id

),

joined as (

    select
        samples.cohort_id,
        samples.sample_id,
        samples.patient_id,
        samples.person_id,
        profiling.sample_id is not null as is_profiled,
        profiling.panel_id,
        profiling.assay_kind,
        profiling.sequenced_by,
        profiling.panel_rule,
        case
            when profiling.sample_id is null and calls.n_rows > 0
                then 'it has calls, but is on no list of sequenced samples'
            when profiling.panel_problem is not null then profiling.panel_problem
            when calls.n_rows_without_gene > 0 then 'its table of calls names no genes'
            when calls.n_unreadable_lines > 0 then 'a line of its calls cannot be read, and could be any gene'
            when
                profiling.panel_id in ('WES', 'WGS') and calls.n_rows is null
                and not coalesce(cohorts.zero_calls_are_real, false)
                then 'an exome without a call of any class'
        end as undetermined_reason,
        coalesce(profiling.source_file_id, samples.source_file_id) as source_file_id,
        coalesce(profiling.source_row, samples.source_row) as source_row
    from {{ ref('samples') }} as samples
    inner join {{ ref('stg_cohorts') }} as cohorts on samples.cohort_id = cohorts.cohort_id
    left join {{ ref('int_profiling') }} as profiling
        on samples.cohort_id = profiling.cohort_id and samples.sample_id = profiling.sample_id
    left join calls on samples.cohort_id = calls.cohort_id and samples.sample_id = calls.sample_id

)

select
    cohort_id,
    sample_id,
    patient_id,
    person_id,
    is_profiled,
    panel_id,
    assay_kind,
    sequenced_by,
    panel_rule,
    undetermined_reason is not null as is_undetermined,
    undetermined_reason,
    is_profiled and undetermined_reason is null as is_judged,
    source_file_id,
    source_row
from joined
