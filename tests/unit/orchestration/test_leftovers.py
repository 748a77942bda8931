"""What nothing makes any more goes, and nothing else."""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.assets.leftovers import drop_unknown, remove_unknown


def test_a_table_of_a_removed_model_is_dropped_and_other_schemas_are_left_alone() -> None:
    with duckdb.connect() as con:
        con.execute("create schema marts; create schema raw")
        con.execute("create table marts.kept as select 1 as x; create table marts.gone as select 1 as x")
        con.execute("create view marts.gone_view as select 1 as x; create table raw.other as select 1 as x")
        con.execute("create macro marts.gene_status(gene) as table select gene")
        assert drop_unknown(con, {"marts": {"kept"}}) == ["marts.gone", "marts.gone_view"]
        left = con.execute("select table_schema, table_name from information_schema.tables order by all")
        assert left.fetchall() == [("marts", "kept"), ("raw", "other")]
        assert con.execute("select * from marts.gene_status('ALK')").fetchall() == [("ALK",)]


def test_results_of_an_analysis_that_is_gone_are_removed(tmp_path: Path) -> None:
    for name in ("kept", "gone"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "figure.svg").write_text("<svg/>")
    (tmp_path / "a_file").write_text("not a folder of results")
    remove_unknown(tmp_path, {"kept"})
    assert {path.name for path in tmp_path.iterdir()} == {"kept", "a_file"}


def test_a_folder_that_does_not_exist_is_nothing_to_clean(tmp_path: Path) -> None:
    remove_unknown(tmp_path / "none", {"x"})
    assert not (tmp_path / "none").exists()
