"""Cohorts that fail a check of their own: the rows of a failed dbt test name them, and the tables are built again
without them. A test that can be laid to none (see `warehouse.build.dbt_results`), or a model that fails, stays an error
of the whole run.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from ingestion.catalog.cohorts import LeftOutCohort
from warehouse.build.dbt_results import cohorts_to_blame
from warehouse.build.steps import complete, steps_in
from warehouse.left_out import left_out_cohorts, write_left_out


def leave_out_failing(con: duckdb.DuckDBPyConnection, target: Path, run_id: str) -> tuple[LeftOutCohort, ...]:
    """Take the cohorts that failed a test of dbt's last run out of the raw tables, write them down and give them.

    None (and nothing is changed) when something failed that cannot be laid to cohorts, or no cohort would be left.
    """
    blamed = cohorts_to_blame(con, target)
    there = {str(row[0]) for row in con.execute("select cohort_id from raw.cohorts").fetchall()}
    if not blamed or there <= blamed.keys():
        return ()
    found = tuple(LeftOutCohort(cohort_id=name, sentence=said) for name, said in sorted(blamed.items()))
    tables = con.execute(
        "select distinct table_name from duckdb_columns() where database_name = current_database() "
        "and schema_name = 'raw' and column_name = 'cohort_id'"
    ).fetchall()
    for (table,) in tables:
        con.execute(f'delete from raw."{table}" where list_contains(?, cohort_id)', [list(blamed)])
    write_left_out(con, (*left_out_cohorts(con), *found), run_id)
    # the raw tables are others now: whatever is not built from them again is of an earlier build
    complete(con, {step: () for step in steps_in(con) if step.startswith("raw/")}, run_id)
    return found
