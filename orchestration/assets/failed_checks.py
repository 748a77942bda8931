"""Cohorts that fail a check of their own: the rows of a failed dbt test name them, and the tables are built again
without them.

A test can be laid to cohorts when its failing rows carry ``cohort_id``, or when it asks a column of a model with
``cohort_id`` for nulls. One that cannot, or a model that fails, stays an error of the whole run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from ingestion.catalog import LeftOutCohort
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
    return found


def cohorts_to_blame(con: duckdb.DuckDBPyConnection, target: Path) -> dict[str, str]:
    """Cohort -> sentence for the failed tests of dbt's last run; empty when one of them names no cohort."""
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    failed = [r for r in results if r["status"] in ("error", "runtime error", "fail")]
    said: dict[str, list[str]] = {}
    for result in failed:
        node = nodes.get(result["unique_id"], {})
        counts = _failing_rows(con, result, node, nodes) if result["status"] == "fail" else {}
        if not counts:
            return {}
        what = (node.get("description") or "").strip().rstrip(".")
        for cohort, (n, own_words) in counts.items():
            words = f"it fails the check {node['name']} in {n} row{'' if n == 1 else 's'}"
            why = own_words or what
            said.setdefault(cohort, []).append(f"{words} ({why})" if why else words)
    remedy = "look at its file in the catalogue and at its source, then run again"
    return {cohort: f"{'; '.join(parts)}; {remedy}." for cohort, parts in said.items()}


def _failing_rows(
    con: duckdb.DuckDBPyConnection,
    result: Mapping[str, Any],
    node: Mapping[str, Any],
    nodes: Mapping[str, Any],
) -> dict[str, tuple[int, str]]:
    """Cohort -> number of failing rows, and what the first of them says in its column ``words`` if it has one; empty
    when the rows name no cohort."""
    sql = result.get("compiled_code") or node.get("compiled_code")
    test = node.get("test_metadata") or {}
    if test.get("name") == "not_null":
        model = nodes.get(str(node.get("attached_node")), {})
        column = test["kwargs"]["column_name"]
        sql = f'select * from "{model.get("schema")}"."{model.get("alias")}" where "{column}" is null'
    columns = {str(row[0]) for row in con.execute(f"describe {sql}").fetchall()}
    if "cohort_id" not in columns:
        return {}
    words = "min(words)" if "words" in columns else "null"
    rows = con.execute(
        f"select cohort_id, count(*), {words} from ({sql}\n) as failing group by all"
    ).fetchall()
    if any(cohort is None for cohort, *_ in rows):
        return {}
    return {str(cohort): (int(n), str(said or "").strip().rstrip(".")) for cohort, n, said in rows}
