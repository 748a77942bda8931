{#- marts.gene_status('ALK'): mutated, wild_type, not_profiled or undetermined for every sample, for people who write SQL. -#}
{% macro create_gene_status() %}
{% if
    execute and target.type == 'duckdb' and flags.WHICH in ('run', 'build')
    and adapter.get_relation(target.database, 'marts', 'profiling')
    and adapter.get_relation(target.database, 'marts', 'gene_panels')
    and adapter.get_relation(target.database, 'marts', 'gene_names')
    and adapter.get_relation(target.database, 'marts', 'gene_calls')
%}
create or replace macro marts.gene_status(gene) as table
with asked as (
    select coalesce((select hugo_symbol from marts.gene_names where gene_name = upper(gene)), upper(gene)) as hugo_symbol
),
calls as (
    select cohort_id, sample_id, n_nonsynonymous, doubt_reason
    from marts.gene_calls
    where hugo_symbol = (select hugo_symbol from asked)
),
covered as (
    select panel_id from marts.gene_panels where hugo_symbol = (select hugo_symbol from asked)
),
judged as (
    select
        profiling.cohort_id,
        profiling.patient_id,
        profiling.person_id,
        profiling.sample_id,
        profiling.panel_id,
        profiling.is_profiled,
        profiling.is_profiled and covered.panel_id is not null as is_covered,
        coalesce(calls.n_nonsynonymous, 0) as n_mutations,
        case
            when profiling.is_undetermined then profiling.undetermined_reason
            when profiling.is_profiled and covered.panel_id is null and calls.n_nonsynonymous > 0
                then 'it has a call, but its panel does not list the gene'
            when calls.n_nonsynonymous > 0 then null
            when profiling.is_profiled and covered.panel_id is not null then calls.doubt_reason
        end as undetermined_reason
    from marts.profiling as profiling
    left join covered on profiling.panel_id = covered.panel_id
    left join calls
        on profiling.cohort_id = calls.cohort_id and profiling.sample_id = calls.sample_id
)
select
    cohort_id,
    patient_id,
    person_id,
    sample_id,
    (select hugo_symbol from asked) as hugo_symbol,
    panel_id,
    case
        when undetermined_reason is not null then 'undetermined'
        when not is_covered then 'not_profiled'
        when n_mutations > 0 then 'mutated'
        else 'wild_type'
    end as status,
    case
        when undetermined_reason is not null then undetermined_reason
        when not is_profiled then 'on no list of sequenced samples'
        when not is_covered then 'its panel does not list the gene'
    end as status_reason,
    n_mutations
from judged
{% endif %}
{% endmacro %}
