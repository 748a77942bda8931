-- Rule 1. Every sequenced sample has a panel, and every panel some genes: otherwise nobody could be wild-type for sure.
{{ config(meta={'dagster': {'ref': {'name': 'profiling'}}}) }}
with panels as (

    select distinct panel_id from {{ ref('gene_panels') }}

)

select
    profiling.cohort_id,
    profiling.sample_id,
    profiling.panel_id
from {{ ref('profiling') }} as profiling
left join panels on profiling.panel_id = panels.panel_id
where profiling.is_profiled and panels.panel_id is null
