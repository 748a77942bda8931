"""Rows of several analyses go from their files into one table: in order, with its columns and descriptions."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from analytics.results.records import FigureRecord
from analytics.results.schema import table_of
from orchestration.assets.result_files import gathered, gathered_rows, written
from warehouse.results.folders import save_tables

COMMENTS = (
    "select column_name, data_type, comment from duckdb_columns() where table_name = 'figures' order by all"
)


def analysis(folder: Path, name: str, n: int) -> Path:
    rows = [FigureRecord(analysis_id=name, figure=f"f{k}", title="it's", alt="a 'b'") for k in range(n)]
    (folder / name).mkdir()
    save_tables({FigureRecord.TABLE: table_of(FigureRecord, rows)}, folder / name)
    return folder / name


@pytest.mark.parametrize("counts", [{"it's b": 3, "a": 2}, {"alone": 1}, {}], ids=["two", "one", "none"])
def test_a_table_is_what_reading_and_writing_each_row_would_give(
    tmp_path: Path, counts: dict[str, int]
) -> None:
    folders = [analysis(tmp_path, name, n) for name, n in counts.items()]
    folders.append(tmp_path / "an analysis that has no figure")
    with duckdb.connect() as con:
        con.execute("create schema stats")
        said = gathered(con, "figures", folders)
        found, described = con.execute("from stats.figures").fetchall(), con.execute(COMMENTS).fetchall()
        assert said.metadata == {"dagster/row_count": sum(counts.values())}
        written(con, "figures", gathered_rows(folders, "figures"))
        assert found == con.execute("from stats.figures").fetchall()
        assert described == con.execute(COMMENTS).fetchall()
    assert [row[0] for row in found] == [name for name, n in counts.items() for _ in range(n)]
