-- Rows of known samples that are in no mart because they hold no number or name no gene: one line a cohort, file and gene
-- or column, with the first of them.
with expression as (

    select
        facts.cohort_id,
        facts.source_file_id,
        case when facts.gene is null then 'missing_gene' else 'not_a_number' end as problem,
        coalesce(facts.gene, 'gene') as column_name,
        {{ place('facts.source_file_id', 'facts.source_row') }} as place,
        facts.value_raw
    from {{ ref('stg_expression') }} as facts
    inner join {{ ref('int_samples') }} as samples
        on facts.cohort_id = samples.cohort_id and facts.sample_id = samples.sample_id
    where samples.patient_id is not null and (facts.gene is null or facts.value is null)

),

features as (

    select
        cohort_id,
        source_file_id,
        problem,
        column_name,
        {{ place('source_file_id', 'source_row') }} as place,
        case when problem = 'repeated_aliquot' then coalesce(aliquot_raw, sample_id) else value_raw end as value_raw
    from {{ ref('int_immune_features') }}
    where problem is not null and raw_table = 'immune_features'

),

calls as (

    select
        cohort_id,
        source_file_id,
        problem,
        problem_column as column_name,
        {{ place('source_file_id', 'source_row') }} as place,
        problem_value as value_raw
    from {{ ref('int_copy_number') }}
    where problem <> 'unknown_sample'

),

segments as (

    select
        cohort_id,
        source_file_id,
        problem,
        problem_column as column_name,
        {{ place('source_file_id', 'source_row') }} as place,
        problem_value as value_raw
    from {{ ref('int_copy_number_segments') }}
    where problem <> 'unknown_sample'

),

variants as (

    select
        cohort_id,
        source_file_id,
        problem,
        'gene' as column_name,
        {{ place('source_file_id', 'source_row') }} as place,
        event_info as value_raw
    from {{ ref('int_structural_variants') }}
    where problem <> 'unknown_sample'

),

events as (

    select
        facts.cohort_id,
        facts.source_file_id,
        'unknown_patient' as problem,
        'patient_id' as column_name,
        {{ place('facts.source_file_id', 'facts.source_row') }} as place,
        facts.patient_id as value_raw
    from {{ ref('stg_timeline_events') }} as facts
    left join {{ ref('int_patients') }} as patients
        on facts.cohort_id = patients.cohort_id and facts.patient_id = patients.patient_id
    where patients.patient_id is null

),

together as (

    {% for table, name, by_value in [
        ('expression', 'expression', false), ('features', 'immune_features', false), ('calls', 'copy_number', true),
        ('segments', 'copy_number_segments', true), ('variants', 'structural_variants', false),
        ('events', 'timeline_events', true)
    ] %}
        select
            cohort_id,
            source_file_id,
            '{{ name }}' as raw_table,
            problem,
            column_name,
            min(place) as place,
            min(value_raw) as value_raw,
            count(*) as n_rows
        from {{ table }}
        group by cohort_id, source_file_id, problem, column_name{% if by_value %}, value_raw{% endif %}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    cohort_id,
    source_file_id,
    {{ place_row('place') }} as source_row,
    raw_table,
    problem,
    column_name,
    value_raw,
    n_rows
from together
