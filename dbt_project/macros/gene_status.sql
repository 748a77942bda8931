{#- marts.gene_status('ALK'): mutated, wild_type, not_profiled or undetermined for every sample, for people who write SQL. -#}
{% macro create_gene_status() %}
{% if
    execute and target.type == 'duckdb' and flags.WHICH in ('run', 'build')
    and adapter.get_relation(target.database, 'marts', 'profiling')
    and adapter.get_relation(target.database, 'marts', 'mutations')
    and adapter.get_relation(target.database, 'marts', 'gene_panels')
    and adapter.get_relation(target.database, 'marts', 'undetermined_genes')
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
),
doubtful as (
    select cohort_id, sample_id, min(status_reason) as status_reason
    from marts.undetermined_genes
    where hugo_symbol = (select hugo_symbol from asked)
    group by cohort_id, sample_id
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
        coalesce(carriers.n_mutations, 0) as n_mutations,
        case
            when profiling.is_undetermined then profiling.undetermined_reason
            when profiling.is_profiled and covered.panel_id is null and carriers.n_mutations > 0
                then 'it has a call, but its panel does not list the gene'
            when carriers.n_mutations > 0 then null
            when profiling.is_profiled and covered.panel_id is not null then doubtful.status_reason
        end as undetermined_reason
    from marts.profiling as profiling
    left join covered on profiling.panel_id = covered.panel_id
    left join carriers
        on profiling.cohort_id = carriers.cohort_id and profiling.sample_id = carriers.sample_id
    left join doubtful
        on profiling.cohort_id = doubtful.cohort_id and profiling.sample_id = doubtful.sample_id
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
