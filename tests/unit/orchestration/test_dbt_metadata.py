"""Row counts, columns and the origin of columns of dbt's models, on models small enough to follow by eye."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dagster as dg
import duckdb
import pytest

from orchestration.assets.dbt_metadata import LineageError, column_lineage, table_columns, table_metadata


def node(schema: str, name: str, sql: str = "", parents: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """What the manifest says of a model, as far as it is read."""
    return {
        "database": "memory",
        "schema": schema,
        "alias": name,
        "name": name,
        "resource_type": "model",
        "original_file_path": f"models/{name}.sql",
        "compiled_code": sql,
        "depends_on": {"nodes": list(parents)},
        "columns": {},
    } | more


CALLS = node("raw", "calls", resource_type="source", identifier="calls")
PATIENTS = node("staging", "patients")


def key_of(props: dict[str, Any]) -> dg.AssetKey:
    return dg.AssetKey([props["schema"], props["name"]])


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("create schema raw; create schema staging; create schema marts")
        con.execute("create table raw.calls (patient varchar, gene varchar, vaf double)")
        con.execute("create table staging.patients (patient_id varchar, person_id varchar)")
        yield con


def origins(con: duckdb.DuckDBPyConnection, sql: str) -> dict[str, set[str]]:
    model = node("marts", "model", sql, ("source.x.raw.calls", "model.x.patients"))
    manifest = {"nodes": {"model.x.patients": PATIENTS}, "sources": {"source.x.raw.calls": CALLS}}
    found = column_lineage(model, manifest, table_columns(con), key_of)  # type: ignore[arg-type]
    return {
        column: {f"{dep.asset_key.to_user_string()}.{dep.column_name}" for dep in deps}
        for column, deps in found.deps_by_column.items()
    }


def test_a_renamed_and_a_computed_column(con: duckdb.DuckDBPyConnection) -> None:
    sql = 'select patient as patient_id, upper(gene) || patient as tag from "memory"."raw"."calls"'
    assert origins(con, sql) == {
        "patient_id": {"raw/calls.patient"},
        "tag": {"raw/calls.gene", "raw/calls.patient"},
    }


def test_through_a_star_a_cte_and_a_join(con: duckdb.DuckDBPyConnection) -> None:
    sql = """
        with calls as (select * from "memory"."raw"."calls"),
        strong as (select patient, gene from calls where vaf > 0.1)
        select strong.gene, people.person_id
        from strong inner join "memory"."staging"."patients" as people on strong.patient = people.patient_id
    """
    assert origins(con, sql) == {
        "gene": {"raw/calls.gene"},
        "person_id": {"staging/patients.person_id"},
    }


def test_a_union_has_the_origins_of_both_arms(con: duckdb.DuckDBPyConnection) -> None:
    sql = """
        select patient as who, 'call' as kind from "memory"."raw"."calls"
        union all
        select patient_id, 'list' from "memory"."staging"."patients"
    """
    assert origins(con, sql) == {
        "who": {"raw/calls.patient", "staging/patients.patient_id"},
        "kind": set(),
    }


def test_a_count_has_no_origin_and_a_sum_has(con: duckdb.DuckDBPyConnection) -> None:
    sql = 'select gene, count(*) as n, sum(vaf) as vaf from "memory"."raw"."calls" group by gene'
    assert origins(con, sql) == {"gene": {"raw/calls.gene"}, "n": set(), "vaf": {"raw/calls.vaf"}}


def test_sql_that_cannot_be_followed_is_named(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(LineageError, match=r"models/model\.sql cannot be followed"):
        origins(con, "select from from where")


def test_rows_are_counted_and_columns_have_types_and_meanings(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create table marts.genes as select 'ALK' as gene, 2::bigint as n from range(3)")
    genes = node("marts", "genes", columns={"gene": {"description": "HGNC symbol"}})
    found = table_metadata(con, genes, table_columns(con), None)
    assert found["dagster/row_count"] == 3
    columns = [(c.name, c.type, c.description) for c in found["dagster/column_schema"].columns]
    assert columns == [("gene", "varchar", "HGNC symbol"), ("n", "bigint", None)]
    assert "dagster/column_lineage" not in found


def test_origins_are_also_a_table_for_people(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create view marts.genes as select gene, count(*) as n from raw.calls group by gene")
    lineage = dg.TableColumnLineage(
        {"gene": [dg.TableColumnDep(dg.AssetKey(["raw", "calls"]), "gene")], "n": []}
    )
    found = table_metadata(con, node("marts", "genes"), table_columns(con), lineage)
    assert found["dagster/column_lineage"] is lineage
    lines = found["origin of columns"].value.splitlines()
    assert lines[2:] == ["| gene | raw.calls.gene |", "| n | counts and constants |"]
