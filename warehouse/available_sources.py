"""What the warehouse has to check claims on: a claim that waits for a file is checked as soon as the file is there."""

from __future__ import annotations

import duckdb

#: An exome without a call is one whose calls are missing; the full MC3 has calls for 98.6 % of the samples listed.
COMPLETE_CALLS = 0.95
#: Share of the sequenced patients that must have a measurement: 20 of TCGA's 10,433 do not make a cohort.
ENOUGH_MEASURED = 0.5
#: Families of features that the papers compare; all of their features must reach that share.
COMPARED_FAMILIES = ("infiltrate", "neoantigens", "repertoire")

_SOURCES = """
with with_calls as (
    select profiling.cohort_id, count(*) as n_sequenced, count(calls.sample_id) as n_with_calls
    from marts.profiling as profiling
    left join (select distinct cohort_id, sample_id from marts.mutations) as calls
        on profiling.cohort_id = calls.cohort_id and profiling.sample_id = calls.sample_id
    where profiling.is_profiled group by profiling.cohort_id
),
expressed as (
    select cohort_id, count(distinct patient_id) as n from marts.expression
    where hugo_symbol is not null group by cohort_id
),
featured as (
    select cohort_id, min(n) as n
    from (
        select cohort_id, feature, count(distinct patient_id) as n from marts.immune_features
        where list_contains($families, family) group by cohort_id, feature
    ) as covered
    group by cohort_id
)
select distinct 'mutations:' || cohort_id from marts.mutations
union select distinct 'clinical:' || cohort_id from marts.patients
union select distinct 'survival:' || cohort_id from marts.survival_outcomes
union select distinct 'response:' || cohort_id from marts.response_outcomes
union select 'complete_calls:' || cohort_id from with_calls where n_with_calls >= $complete * n_sequenced
union
select distinct 'genome:' || lower(ncbi_build) from stats.signature_exposures
where signature is not null and ncbi_build is not null
union
select 'expression:' || expressed.cohort_id
from expressed inner join marts.cohorts as cohorts on expressed.cohort_id = cohorts.cohort_id
where expressed.n >= $enough * cohorts.n_patients_profiled
union
select 'immune_features:' || featured.cohort_id
from featured inner join marts.cohorts as cohorts on featured.cohort_id = cohorts.cohort_id
where featured.n >= $enough * cohorts.n_patients_profiled
"""


def available_sources(con: duckdb.DuckDBPyConnection) -> set[str]:
    """What is at hand, as ``<what>:<cohort>``."""
    values = {"complete": COMPLETE_CALLS, "enough": ENOUGH_MEASURED, "families": list(COMPARED_FAMILIES)}
    return {str(row[0]) for row in con.execute(_SOURCES, values).fetchall()}
