"""A table in a terminal has the columns that a line has room for, whole words, and a sentence on the others."""

from __future__ import annotations

import duckdb
import pytest

from interfaces.cli import streamed_rows
from interfaces.cli.streamed_rows import columns_that_fit, stream
from interfaces.cli.tables_out import Format

_WIDE = "select " + ", ".join(f"i as a_column_{at}" for at in range(30)) + " from range({}) as t(i)"


@pytest.fixture(autouse=True)
def line_of_80(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed_rows, "table_width", lambda: 80)
    monkeypatch.setattr(streamed_rows, "least_shown", lambda: 0)
    monkeypatch.setattr("interfaces.cli.tables_out.least_shown", lambda: 0)
    monkeypatch.setattr("interfaces.cli.tables_out.table_width", lambda: 80)


def shown(query: str) -> None:
    cursor = duckdb.connect().execute(query)
    stream(cursor, [column[0] for column in cursor.description or []], Format.table)


def test_columns_for_which_a_line_has_no_room_are_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    shown(_WIDE.format(3))
    said = capsys.readouterr()
    header = said.out.splitlines()[0]
    assert "a_column_5" in header and "a_column_6" not in said.out
    assert all(len(line) <= 80 for line in said.out.splitlines())
    assert said.err.startswith("! 6 of 30 columns fit in a line, a_column_6 and those after it do not: name")


def test_one_row_that_is_wider_than_a_line_is_a_column_of_its_values(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown(_WIDE.format(1))
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 32 and "a_column_29" in said.out and said.err == ""


def test_a_table_that_fits_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    shown("select 1 as a, 'x' as b union all select 2, repeat('word ', 30)")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("width", "n"), [(10, 1), (20, 1), (21, 2), (1, 1)])
def test_at_least_one_column_is_shown(width: int, n: int) -> None:
    assert columns_that_fit(["abcdefgh", "abcdefg"], [(1, 2)], width) == n
