{% test conserved(model, raw_table, kept_where='true', unread=none) %}
-- Every raw row is in the mart or in rejected_rows as lost, file by file: raw = kept + lost. unread is a table that counts
-- raw rows which nobody asked for (n_rows a line).
with counted as (

    select
        source_file_id,
        count(*) as n_raw,
        0 as n_kept,
        0 as n_lost
    from {{ source('raw', raw_table) }}
    group by source_file_id
    union all
    select
        source_file_id,
        0 as n_raw,
        count(*) as n_kept,
        0 as n_lost
    from {{ model }}
    where {{ kept_where }}
    group by source_file_id
    union all
    select
        source_file_id,
        0 as n_raw,
        0 as n_kept,
        sum(n_rows) as n_lost
    from {{ ref('rejected_rows') }}
    where is_lost and raw_table = '{{ raw_table }}'
    group by source_file_id
    {% if unread -%}
    union all
    select
        source_file_id,
        0 as n_raw,
        0 as n_kept,
        sum(n_rows) as n_lost
    from {{ unread }}
    group by source_file_id
    {%- endif %}

)

select
    source_file_id,
    sum(n_raw) as n_raw,
    sum(n_kept) as n_kept,
    sum(n_lost) as n_lost
from counted
group by source_file_id
having sum(n_raw) <> sum(n_kept) + sum(n_lost)
{% endtest %}
