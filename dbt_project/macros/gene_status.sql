{#- Table macros for people who write SQL: marts.gene_status('ALK'), marts.patient_gene_status('ALK') and
    marts.gene_frequencies(). Each is made at the end of a run, once the marts that it reads are there. -#}
{% macro can_ask(marts) -%}
{%- set found = namespace(all=execute and target.type == 'duckdb' and flags.WHICH in ('run', 'build')) -%}
{%- for mart in marts if found.all -%}
{%- set found.all = adapter.get_relation(target.database, 'marts', mart) is not none -%}
{%- endfor -%}
{{ return(found.all) }}
{%- endmacro %}

{#- A mart as a macro reads it: that beside the macro where the file is open or in use, elsewhere that of the attached file
    which the caller names (file := 'icb'). A view knows its own file, a macro does not. -#}
{% macro beside(mart) -%}
(select * from query('from ' || coalesce('"' || file || '".', '') || 'marts.{{ mart }}'))
{%- endmacro %}

{#- The error of a name that is no gene's, with the names nearest to it. name: as it was asked; key: as gene_names has names. -#}
{% macro no_such_gene(name, key) -%}
error(
    'no gene of the warehouse is named ''' || {{ name }} || '''; near it: ' || (
        select string_agg(gene_name, ', ' order by likeness desc, gene_name)
        from (
            select known.gene_name, jaro_winkler_similarity(known.gene_name, {{ key }}) as likeness
            from {{ beside('gene_names') }} as known
            order by likeness desc, known.gene_name
            limit 3
        )
    )
)
{%- endmacro %}

{#- Refuse a name that no row of patient_summary has in a column, with the names nearest to it: a filter that finds nobody
    because it is misspelt would be an answer of no rows. -#}
{% macro refuse_unknown(asked, column, what) -%}
when {{ asked }} is not null and not exists (
            select 1 from {{ beside('patient_summary') }} as known where known.{{ column }} = {{ asked }}
        )
            then error(
                'nobody of the warehouse is {{ what }} ''' || {{ asked }} || '''; near it: ' || (
                    select string_agg(name, ', ' order by likeness desc, name)
                    from (
                        select known.{{ column }} as name, jaro_winkler_similarity(known.{{ column }}, {{ asked }}) as likeness
                        from {{ beside('patient_summary') }} as known
                        where known.{{ column }} is not null
                        group by known.{{ column }}
                        order by likeness desc, name
                        limit 3
                    )
                )
            )
{%- endmacro %}

{#- Why nobody can tell whether a sample's gene is mutated, over profiling, covered (the panel lists the gene) and calls; null
    where somebody can. -#}
{% macro why_undetermined() -%}
case
            when profiling.is_undetermined then profiling.undetermined_reason
            when profiling.is_profiled and covered.panel_id is null and calls.n_nonsynonymous > 0
                then 'it has a call, but its panel does not list the gene'
            when calls.n_nonsynonymous > 0 then null
            when profiling.is_profiled and covered.panel_id is not null then calls.doubt_reason
        end
{%- endmacro %}

{#- The status of a judged sample, and why it has it; the words of those that are judged are the caller's. -#}
{% macro status_word(positive, negative) -%}
case
            when undetermined_reason is not null then 'undetermined'
            when not is_covered then 'not_profiled'
            when n_mutations > 0 then '{{ positive }}'
            else '{{ negative }}'
        end
{%- endmacro %}

{% macro why_of_status() -%}
case
            when undetermined_reason is not null then undetermined_reason
            when not is_profiled then 'on no list of sequenced samples'
            when not is_covered then 'its panel does not list the gene'
        end
{%- endmacro %}

{#- The common table expressions `asked`, the gene under its symbol, and `said`, one row a sample. A name that is no gene is
    an error with the names nearest to it. -#}
{% macro status_of_samples() -%}
asked as (
    select
        coalesce(
            (select hugo_symbol from {{ beside('gene_names') }} where gene_name = upper(trim(gene))),
            {{ no_such_gene('gene', 'upper(trim(gene))') }}
        ) as hugo_symbol
),
calls as (
    select cohort_id, sample_id, n_nonsynonymous, doubt_reason
    from {{ beside('gene_calls') }}
    where hugo_symbol = (select hugo_symbol from asked)
),
covered as (
    select panel_id from {{ beside('gene_panels') }} where hugo_symbol = (select hugo_symbol from asked)
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
        {{ why_undetermined() }} as undetermined_reason
    from {{ beside('profiling') }} as profiling
    left join covered on profiling.panel_id = covered.panel_id
    left join calls
        on profiling.cohort_id = calls.cohort_id and profiling.sample_id = calls.sample_id
),
said as (
    select
        cohort_id,
        patient_id,
        person_id,
        sample_id,
        (select hugo_symbol from asked) as hugo_symbol,
        panel_id,
        {{ status_word('mutated', 'wild_type') }} as status,
        {{ why_of_status() }} as status_reason,
        n_mutations
    from judged
    -- asked here too: a query that needs no column of it, such as count(*), would not find out that there is no such gene
    where (select hugo_symbol from asked) is not null
)
{%- endmacro %}

{% macro create_gene_status() %}
{% if can_ask(['profiling', 'gene_panels', 'gene_names', 'gene_calls']) %}
create or replace macro marts.gene_status(gene, file := null) as table
with {{ status_of_samples() }}
select * from said
{% endif %}
{% endmacro %}

{% macro create_patient_gene_status() %}
{% if can_ask(['profiling', 'gene_panels', 'gene_names', 'gene_calls', 'patient_summary']) %}
create or replace macro marts.patient_gene_status(gene, file := null) as table
with {{ status_of_samples() }}
select
    people.cohort_id,
    people.patient_id,
    people.person_id,
    people.person_row_number,
    people.sample_id,
    people.cancer_type,
    people.is_icb_treated,
    people.drug_class,
    (select hugo_symbol from asked) as hugo_symbol,
    said.panel_id,
    coalesce(said.status, 'not_profiled') as status,
    case when said.sample_id is null then 'no sample' else said.status_reason end as status_reason,
    coalesce(said.n_mutations, 0) as n_mutations
from {{ beside('patient_summary') }} as people
left join said on people.cohort_id = said.cohort_id and people.sample_id = said.sample_id
where (select hugo_symbol from asked) is not null
{% endif %}
{% endmacro %}

{#- Of whoever is asked for each person once, by the first of his or her cohorts. Whom a gene could be found in is counted by
    panel: people times genes are 200 million, people by panel and genes of a panel are a few thousand. -#}
{% macro create_gene_frequencies() %}
{% if can_ask(['gene_panels', 'gene_calls', 'patient_summary']) %}
create or replace macro marts.gene_frequencies(
    in_cohort := null, in_cancer_type := null, under_icb := null, file := null
) as table
with asked as (
    select
        case
            {{ refuse_unknown('in_cohort', 'cohort_id', 'in the cohort') }}
            {{ refuse_unknown('in_cancer_type', 'cancer_type', 'of the cancer type') }}
            else true
        end as is_known
),
ordered as (
    select
        cohort_id,
        sample_id,
        panel_id,
        row_number() over (partition by person_id order by precedence, cohort_id, patient_id) as place
    from {{ beside('patient_summary') }}
    where
        has_dna
        and (select is_known from asked)
        and (in_cohort is null or cohort_id = in_cohort)
        and (in_cancer_type is null or cancer_type = in_cancer_type)
        and (under_icb is null or is_icb_treated = under_icb)
),
people as (
    select cohort_id, sample_id, panel_id from ordered where place = 1
),
panels as (
    select panel_id, count(*) as n_people from people group by panel_id
),
covered as (
    select genes.hugo_symbol, sum(panels.n_people) as n_covered
    from panels
    inner join {{ beside('gene_panels') }} as genes on panels.panel_id = genes.panel_id
    group by genes.hugo_symbol
),
called as (
    select
        calls.hugo_symbol,
        count(*) filter (where calls.n_nonsynonymous > 0) as n_mutated,
        count(*) filter (where calls.n_nonsynonymous = 0 and calls.doubt_reason is not null) as n_undetermined
    from {{ beside('gene_calls') }} as calls
    inner join people on calls.cohort_id = people.cohort_id and calls.sample_id = people.sample_id
    inner join {{ beside('gene_panels') }} as genes
        on people.panel_id = genes.panel_id and calls.hugo_symbol = genes.hugo_symbol
    group by calls.hugo_symbol
)
select
    covered.hugo_symbol,
    coalesce(called.n_mutated, 0) as n_mutated,
    cast(covered.n_covered - coalesce(called.n_undetermined, 0) as bigint) as n_judged,
    coalesce(called.n_undetermined, 0) as n_undetermined,
    coalesce(called.n_mutated, 0) / nullif(covered.n_covered - coalesce(called.n_undetermined, 0), 0) as share_mutated
from covered
left join called on covered.hugo_symbol = called.hugo_symbol
{% endif %}
{% endmacro %}
