{#- marts.gene_status('ALK'): mutated, wild_type or not_profiled for every sample, for people who write SQL. -#}
{% macro create_gene_status() %}
{% if
    execute and target.type == 'duckdb' and flags.WHICH in ('run', 'build')
    and adapter.get_relation(target.database, 'marts', 'profiling')
    and adapter.get_relation(target.database, 'marts', 'mutations')
    and adapter.get_relation(target.database, 'marts', 'gene_panels')
%}
create or replace macro marts.gene_status(gene) as table
with asked as (
    select coalesce(
        (select min(hugo_symbol) from marts.gene_panels where hugo_symbol = upper(gene)),
        (select min(hugo_symbol) from marts.gene_panels where upper(hugo_symbol_raw) = upper(gene)),
        upper(gene)
    ) as hugo_symbol
),
carriers as (
    select mutations.cohort_id, mutations.sample_id, count(*) as n_mutations
    from marts.mutations as mutations
    where mutations.hugo_symbol = (select hugo_symbol from asked)
        and mutations.is_counted and mutations.is_nonsynonymous
    group by mutations.cohort_id, mutations.sample_id
),
covered as (
    select panel_id from marts.gene_panels where hugo_symbol = (select hugo_symbol from asked)
)
select
    profiling.cohort_id,
    profiling.patient_id,
    profiling.person_id,
    profiling.sample_id,
    (select hugo_symbol from asked) as hugo_symbol,
    profiling.panel_id,
    case
        when not profiling.is_profiled or covered.panel_id is null then 'not_profiled'
        when carriers.n_mutations > 0 then 'mutated'
        else 'wild_type'
    end as status,
    coalesce(carriers.n_mutations, 0) as n_mutations
from marts.profiling as profiling
left join covered on profiling.panel_id = covered.panel_id
left join carriers
    on profiling.cohort_id = carriers.cohort_id and profiling.sample_id = carriers.sample_id
{% endif %}
{% endmacro %}
