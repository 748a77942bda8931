"""What the warehouse has to check claims on: a claim that waits for a file is checked as soon as the file is there."""

from __future__ import annotations

import duckdb

_SOURCES = """
select kind || ':' || cohort_id from marts.available_data
union all
select distinct 'genome:' || lower(ncbi_build) from stats.signature_exposures
where signature is not null and ncbi_build is not null
"""


def available_sources(con: duckdb.DuckDBPyConnection) -> set[str]:
    """What is at hand, as ``<what>:<cohort>``."""
    return {str(row[0]) for row in con.execute(_SOURCES).fetchall()}
