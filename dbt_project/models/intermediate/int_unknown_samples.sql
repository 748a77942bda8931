-- Samples that a table names and no patient of the cohort is known for, once a file and raw table, with the number of
-- raw rows that are lost with them.
{% set tables = [
    'mutations', 'copy_number', 'copy_number_segments', 'profiled_samples', 'case_lists', 'expression',
    'immune_features', 'signature_samples', 'mutation_spectra', 'published_exposures', 'structural_variants',
    'structural_variant_samples'
] %}
{% set shown = {'expression': 'sample_raw', 'immune_features': 'coalesce(aliquot_raw, sample_id)', 'signature_samples': 'sample_raw'} %}
with named as (

    {% for table in tables %}
        select
            cohort_id,
            sample_id,
            '{{ table }}' as raw_table,
            source_file_id,
            min(source_row) as source_row,
            min({{ shown.get(table, 'sample_id') }}) as sample_raw,
            count(*) as n_rows
        from {{ ref('stg_' ~ table) }}
        where sample_id is not null
        group by cohort_id, sample_id, source_file_id
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    named.cohort_id,
    named.sample_id,
    named.raw_table,
    named.source_file_id,
    named.source_row,
    named.sample_raw,
    named.n_rows
from named
left join {{ ref('int_samples') }} as samples
    on named.cohort_id = samples.cohort_id and named.sample_id = samples.sample_id
where samples.patient_id is null
