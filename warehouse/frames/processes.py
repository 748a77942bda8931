"""Which mutational process made most mutations of a sample, where its spectrum is known."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pandas as pd

from analytics.signatures.processes import dominant_process
from warehouse.frames.kept import kept
from warehouse.tables import frame_of, has_table

#: Published exposures first; a refit of the warehouse's own where a sample has none.
_PUBLISHED = """
select cohort_id || '|' || sample_id as sample, signature, n_mutations as exposure
from marts.published_exposures
where list_contains($cohorts, cohort_id) and n_mutations is not null
"""
_REFITTED = """
select cohort_id || '|' || sample_id as sample, signature, avg(exposure) as exposure
from stats.signature_exposures
where
    list_contains($cohorts, cohort_id) and variant = 'default' and signature is not null and exposure is not null
group by cohort_id, sample_id, signature
"""


def mutational_processes(con: duckdb.DuckDBPyConnection, cohort_ids: Sequence[str]) -> pd.Series:
    """Dominant process by "cohort|sample", of samples whose spectrum was published or refitted by this version."""
    return kept(con, ("processes", *cohort_ids), lambda: _read(con, cohort_ids))


def _read(con: duckdb.DuckDBPyConnection, cohort_ids: Sequence[str]) -> pd.Series:
    cohorts = {"cohorts": list(cohort_ids)}
    published = frame_of(con.execute(_PUBLISHED, cohorts))
    if not has_table(con, "stats", "signature_exposures"):
        return dominant_process(published)
    refitted = frame_of(con.execute(_REFITTED, cohorts))
    own = refitted[~refitted["sample"].isin(published["sample"])]
    return dominant_process(own if published.empty else pd.concat([published, own], ignore_index=True))
