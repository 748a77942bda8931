"""``stats.hypotheses``: every registered family of hypotheses."""

from __future__ import annotations

#: Registered families of hypotheses. Questions that are asked beside them are in the registry of the data folder.
HYPOTHESES_VIEW = """
create or replace view stats.hypotheses as
with of_scans as (
    select scan_id, min(primary_p) as smallest_p, arg_min(gene, primary_p) as smallest_p_of
    from (
        select scan_id, gene, primary_p from stats.scan_results
        union all
        select scan_id, gene, primary_p from stats.scan_response_results
    ) as genes
    group by scan_id
),
of_analyses as (
    select analysis_id, count(p) as n_hypotheses, min(p) as smallest_p, arg_min(stat_id, p) as smallest_p_of
    from stats.every_stat group by analysis_id
)
select
    'registered scan' as kind, specs.scan_id as name, specs.registered_on,
    specs.prespecified is not null as is_prespecified, list_value(specs.endpoint) as endpoints, specs.definition,
    specs.cohorts,
    specs.family_size as n_hypotheses, found.smallest_p, found.smallest_p_of
from stats.scan_specs as specs
left join of_scans as found on specs.scan_id = found.scan_id
union all
select
    'analysis', specs.analysis_id, min(specs.registered_on), bool_and(specs.is_prespecified),
    min(specs.endpoints), null, min(specs.cohorts),
    max(coalesce(found.n_hypotheses, 0)), max(found.smallest_p), max(found.smallest_p_of)
from stats.analysis_specs as specs
left join of_analyses as found on specs.analysis_id = found.analysis_id
group by specs.analysis_id
"""
