-- Rule 1. Every panel has some genes: otherwise nobody could be wild-type for sure. A sample whose panel no source names has
-- none (int_profiling.panel_problem) and is wild-type for nothing. A cohort with a panel that no list describes is refused
-- before this (ingestion.parsing.panels.unknown_panels); this test is the net under it.
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
where profiling.is_profiled and profiling.panel_id is not null and panels.panel_id is null
