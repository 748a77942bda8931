"""What dbt's last run says in its target folder: what failed, and which cohorts a failed check can be laid to.

A test can be laid to cohorts when its failing rows carry ``cohort_id``, or when it asks a column of a model with
``cohort_id`` for nulls.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import sqlglot

#: dbt beside this Python, whatever PATH says; where programs are put elsewhere (``pip install --user``), that of PATH.
_BESIDE = Path(sys.executable).parent / "dbt"
DBT = _BESIDE if _BESIDE.exists() else Path(shutil.which("dbt") or _BESIDE)


def failed_nodes(target: Path) -> list[str]:
    """What failed in the last run, a clause each: models first, for their tests were not run."""
    return [
        _clause(r)
        for status in ("error", "runtime error", "fail")
        for r in _results(target)
        if r["status"] == status
    ]


def warned_nodes(target: Path) -> list[str]:
    """Tests of severity warn that did not pass in the last run, a clause each."""
    return [_clause(result) for result in _results(target) if result["status"] == "warn"]


def _results(target: Path) -> list[dict[str, Any]]:
    path = target / "run_results.json"
    found: list[dict[str, Any]] = (
        json.loads(path.read_text(encoding="utf-8"))["results"] if path.exists() else []
    )
    return found


def _clause(result: Mapping[str, Any]) -> str:
    kind, _, name, *_ = result["unique_id"].split(".")
    said = " ".join(str(result["message"]).split())
    verb = "warns" if result["status"] == "warn" else "failed"
    return f"{kind} {name} {verb} ({said.split(' LINE ')[0]})"  # DuckDB's excerpt of SQL is in dbt's log


def cohorts_to_blame(con: duckdb.DuckDBPyConnection, target: Path) -> dict[str, str]:
    """Cohort -> sentence for the failed tests of dbt's last run; empty when one of them names no cohort."""
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    nodes, dialect = manifest["nodes"], manifest["metadata"]["adapter_type"]
    failed = [r for r in _results(target) if r["status"] in ("error", "runtime error", "fail")]
    said: dict[str, list[str]] = {}
    for result in failed:
        node = nodes.get(result["unique_id"], {})
        counts = _failing_rows(con, result, node, nodes, dialect) if result["status"] == "fail" else {}
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
    dialect: str,
) -> dict[str, tuple[int, str]]:
    """Cohort -> number of failing rows, and what the first of them says in its column ``words`` if it has one; empty
    when the rows name no cohort."""
    sql = result.get("compiled_code") or node.get("compiled_code")
    if dialect != "duckdb":  # the test was run there; its rows are looked for in the build file
        sql = sqlglot.transpile(str(sql), read=dialect, write="duckdb")[0]
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
