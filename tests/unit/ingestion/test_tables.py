"""read_table: cells, names, line numbers, and what becomes of lines that are not as they should be."""

from __future__ import annotations

import gzip
import io
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parsing_help import read, rows, rules

from ingestion.catalog.columns import TableFormat
from ingestion.errors import NotTheExpectedFileError, ParseError, TruncatedError
from ingestion.raw_schema import REJECTION_RULES
from ingestion.reading.table_model import column_names, find_column
from ingestion.reading.tables import read_table

TSV = TableFormat()


def table_of(text: str | bytes, **options: object) -> list[dict[str, object]]:
    data = text.encode() if isinstance(text, str) else text
    return rows(read_table(data, TableFormat(**options), "t"))  # type: ignore[arg-type]


def workbook(*values: tuple[object, ...], sheet: str = "S") -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in values:
        page.append(list(row))
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def test_every_value_is_text_and_every_row_has_its_physical_line() -> None:
    assert table_of("a\tb\n1\t2.50\n\n3\t\n") == [
        {"a": "1", "b": "2.50", "source_row": 2},
        {"a": "3", "b": None, "source_row": 4},
    ]


def test_a_quoted_cell_over_two_lines_counts_both_lines() -> None:
    assert [(r["a"], r["source_row"]) for r in table_of('a\tb\n1\t"x\ny"\n2\tz\n')] == [("1", 2), ("2", 4)]


def test_an_unbalanced_quote_does_not_swallow_the_rest_of_the_file() -> None:
    lines = ["a\tb", '1\t"open', *(f"{i}\tx" for i in range(2, 500))]
    table = read_table("\n".join(lines).encode(), TSV, "t")
    assert table.frame.num_rows == 499
    assert rows(table)[0]["b"] == '"open'
    assert rules(table) == [(2, "stray_quote")]


def test_two_stray_quotes_on_neighbouring_lines_do_not_join_them() -> None:
    assert [r["a"] for r in table_of('a\tb\n1\t"x\n2\t"y\n3\tz\n')] == ["1", "2", "3"]


def test_doubled_quotes_stand_for_one_and_inner_quotes_are_characters() -> None:
    found = table_of('a,b\n"say ""hi""",5" deep\n', delimiter=",")
    assert (found[0]["a"], found[0]["b"]) == ('say "hi"', '5" deep')


def test_quotes_are_plain_characters_where_quoting_is_off() -> None:
    assert table_of('a\tb\n"1\t"2"\n', quoting=False)[0]["b"] == '"2"'


def test_comments_and_lines_above_the_header_are_skipped_but_counted() -> None:
    found = table_of("#one\n#two\ntitle\t\na\tb\n1\t2\n", comment="#", header_row=4)
    assert found == [{"a": "1", "b": "2", "source_row": 5}]


@pytest.mark.parametrize("error", ["#REF!", "#n/a", "#NAME?", '"#DIV/0!"'])
def test_a_row_that_begins_with_a_spreadsheets_error_is_no_comment(error: str) -> None:
    found = table_of(f"#one\na\tb\n{error}\t2\n#3\t4\n", comment="#")
    assert [(row["a"], row["b"]) for row in found] == [(error.strip('"'), "2")]


def test_a_table_without_a_header_takes_the_declared_names() -> None:
    found = table_of("x\t1\ny\t2\n", has_header=False, names=("gene", "n"))
    assert [(r["gene"], r["source_row"]) for r in found] == [("x", 1), ("y", 2)]


def test_gzip_is_recognised_without_being_declared() -> None:
    assert table_of(gzip.compress(b"a\tb\n1\t2\n"))[0]["b"] == "2"


def test_a_byte_order_mark_of_utf_16_is_obeyed() -> None:
    assert table_of("a\tb\né\t2\n".encode("utf-16"))[0]["a"] == "é"


def test_carriage_returns_doubled_by_a_text_transfer_are_one_line_end() -> None:
    assert [r["source_row"] for r in table_of(b"a\tb\r\r\n1\t2\r\r\n3\t4\r\r\n")] == [2, 3]


def test_names_are_unique_without_white_space_runs_and_never_empty() -> None:
    header = ["", " Sex ", "Time\n(weeks)", "Response", "Response", None]
    expected = ("unnamed_1", "Sex", "Time (weeks)", "Response", "Response.1", "unnamed_6")
    assert column_names(header) == expected


def test_a_made_up_name_does_not_collide_with_a_real_one() -> None:
    assert len(set(column_names(["a", "a", "a.1", "a"]))) == 4


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("Time\n (weeks)", "Time (weeks)"), ("time (WEEKS)", "Time (weeks)"), ("", "unnamed_2"),
        ("ab", "ab"), ("aB", None), ("absent", None),
    ],
)  # fmt: skip
def test_columns_are_found_by_name_whatever_their_white_space_and_unambiguous_case(
    wanted: str, found: str | None
) -> None:
    assert find_column(["Time (weeks)", "unnamed_2", "ab", "AB"], wanted) == found


def test_surplus_empty_cells_are_no_fault_and_surplus_filled_cells_are() -> None:
    table = read("odd_rows.tsv")
    assert [r["patient"] for r in rows(table)] == ["SYN1", "SYN2", "SYN4"]
    assert rules(table) == [(2, "short_row"), (4, "wrong_number_of_cells"), (5, "repeated_header")]
    assert table.rejected[1].value == "SYN3\t30\tM\tsurplus"


def test_a_delimiter_at_the_end_of_the_header_alone_is_no_reason_to_flag_rows() -> None:
    assert rules(read_table(b"a\tb\t\n1\t2\n3\t4\n", TSV, "t")) == []


def test_a_header_with_fewer_names_than_the_rows_have_cells_is_an_error_not_an_empty_table() -> None:
    with pytest.raises(ParseError, match=r"f\.tsv: 3 rows have more cells .* declare the right delimiter"):
        read_table(b"a\tb\n1\t2\t3\n4\t5\t6\n7\t8\t9\n", TSV, "f.tsv")


def test_a_row_with_an_identifier_only_is_kept_when_it_does_not_read_like_a_footer() -> None:
    table = read_table(b"id\ta\tb\nP1\t1\t2\nP2\t\t\n", TSV, "t")
    assert [r["id"] for r in rows(table)] == ["P1", "P2"]


def test_a_run_of_blank_rows_is_one_note() -> None:
    table = read_table(b"a\tb\n1\t2\n\n\t\n\n3\t4\n", TSV, "t")
    assert [(r.source_row, r.message) for r in table.rejected] == [(3, "rows 3 to 5 are empty")]


@pytest.mark.parametrize("data", [b"#only\n#comments\n", b"\n\n"])
def test_a_file_without_a_header_is_an_error_with_a_remedy(data: bytes) -> None:
    with pytest.raises(ParseError, match=r"f\.tsv: there is no header .*; check that the file is complete"):
        read_table(data, TableFormat(comment="#"), "f.tsv")


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", NotTheExpectedFileError),
        (b"<!DOCTYPE html><html>not found</html>", NotTheExpectedFileError),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", NotTheExpectedFileError),
        (gzip.compress(b"a\tb\n" * 50_000)[:-40], TruncatedError),
    ],
    ids=["empty", "HTML page", "LFS pointer", "cut gzip"],
)
@pytest.mark.parametrize("fast", [True, False])
def test_something_else_in_place_of_the_table_is_an_error(
    data: bytes, error: type[Exception], fast: bool
) -> None:
    with pytest.raises(error, match=r"f\.tsv"):
        read_table(data, TSV, "f.tsv", fast=fast)


def test_an_unknown_encoding_is_an_error_that_names_the_key() -> None:
    with pytest.raises(ParseError, match=r"'utf-99' is not .* correct format\.encoding"):
        read_table(b"a\tb\n", TableFormat(encoding="utf-99"), "t")


def test_select_keeps_columns_and_missing_as_null_only_whole_words() -> None:
    table = read_table(
        b"a\tb\tc\nNA\tx\tNAT2\n", TSV, "t", select=lambda names: {"a", "c"}, missing_as_null=True
    )
    assert rows(table) == [{"a": None, "c": "NAT2", "source_row": 2}]


def test_workbook_cells_are_text_without_point_zero_and_dates_are_iso() -> None:
    data = workbook(
        ("id", "n", "x", "day", "at", "flag", "none"),
        (7, 3.0, 18.25, date(2010, 9, 9), datetime(2010, 9, 9, 8, 30), True, None),
    )
    found = rows(read_table(data, TableFormat(type="xlsx", sheet="S"), "w.xlsx"))[0]
    assert found == {
        "id": "7", "n": "3", "x": "18.25", "day": "2010-09-09", "at": "2010-09-09 08:30:00",
        "flag": "TRUE", "none": None, "source_row": 2,
    }  # fmt: skip


def test_workbook_rows_are_numbered_as_the_sheet_shows_them() -> None:
    data = workbook(("Table S1",), (), ("id", "x"), ("a", 1), (), ("b", 2))
    table = read_table(data, TableFormat(type="xlsx", sheet="S", header_row=3), "w.xlsx")
    assert table.rows() == [4, 6]


def test_remarks_beside_a_table_of_a_workbook_do_not_cost_the_rows_they_stand_in() -> None:
    data = workbook(("id", "x"), ("a", 1, None, "see notes"), ("b", 2))
    table = read_table(data, TableFormat(type="xlsx", sheet="S"), "w.xlsx")
    assert table.cells("x") == ["1", "2"] and table.cells("unnamed_4") == ["see notes", None]


def test_an_absent_sheet_is_an_error_that_names_the_sheets_there_are() -> None:
    with pytest.raises(ParseError, match=r"no sheet 'Clinical'; the workbook has: S; correct format\.sheet"):
        read_table(workbook(("a",)), TableFormat(type="xlsx", sheet="Clinical"), "w.xlsx")


def test_a_text_file_declared_as_workbook_is_an_error() -> None:
    with pytest.raises(NotTheExpectedFileError, match=r"w\.xlsx"):
        read_table(b"a,b\n", TableFormat(type="xlsx", sheet="S"), "w.xlsx")


CELL = st.text(st.sampled_from("ab1 \"'é#,"), max_size=4)
ROW = st.lists(CELL, min_size=3, max_size=3) | st.sampled_from(
    [["", "b", "1"], ["a  b", "a", "b"], ["id", "x ", "y"]]
)
GRID = st.lists(ROW, max_size=12)
HEADER = st.sampled_from([["id", "x", "y"], ["", "b", "1"], ["a b", "a", "b"]])
END = st.sampled_from(["\n", "\r\n", "\r"])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(GRID, END, st.booleans(), st.sampled_from([None, "#"]), st.sampled_from([48, 8 << 20]), HEADER)
def test_the_fast_and_the_careful_reader_give_the_same_table(
    grid: list[list[str]], end: str, quoting: bool, comment: str | None, block_bytes: int, header: list[str]
) -> None:
    data = end.join("\t".join(line) for line in [header, *grid]).encode()
    fmt = TableFormat(quoting=quoting, comment=comment)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ingestion.reading.fast_delimited._BLOCK_BYTES", block_bytes)
        fast, careful = (read_table(data, fmt, "t", fast=f, missing_as_null=True) for f in (True, False))
    assert fast.frame.equals(careful.frame) and fast.rejected == careful.rejected


@settings(max_examples=100, deadline=None, derandomize=True)
@given(GRID, END)
def test_no_row_is_lost_in_silence(grid: list[list[str]], end: str) -> None:
    data = (end.join("\t".join(line) for line in [["id", "x", "y"], *grid]) + end).encode()
    table = read_table(data, TableFormat(quoting=False), "t")
    blank = sum(not "".join(line).strip() for line in grid)
    counted = [r for r in table.rejected if r.rule_id == "repeated_header" or "is a footer" in r.message]
    assert table.frame.num_rows + blank + len(counted) == len(grid)


def test_the_fast_reader_serves_plain_big_files_and_leaves_odd_ones(tmp_path: Path) -> None:
    from ingestion.reading.fast_delimited import read_fast

    plain = b"a\tb\n" + b"1\t2\n" * 10
    odd = (b'1\t"2\n', b"1\r2\n", b"#version 2.4\n", b"1\t2\t3\n", b"1\t\xe9\n", b"a\tb\n", b"x\t\n", b"\n")
    found = read_fast(io.BytesIO(plain), TSV)
    assert found is not None and found.rows() == list(range(2, 12))
    for line in odd:
        assert read_fast(io.BytesIO(plain + line + b"3\t4\n"), TSV) is None, line


def test_lines_that_straddle_the_reading_blocks_stay_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    import ingestion.reading.fast_delimited as module

    monkeypatch.setattr(module, "_BLOCK_BYTES", 1 << 12)
    data = b"a\tb\r\n" + b"".join(b"%d\tvalue %d\r\n" % (i, i) for i in range(5000))
    table = module.read_fast(io.BytesIO(data), TSV)
    assert table is not None
    assert table.cells("b") == [f"value {i}" for i in range(5000)] and table.rows()[-1] == 5001


def test_every_rule_that_a_reader_reports_is_described() -> None:
    found = {rule for name in ("odd_rows.tsv", "footer.tsv", "stray_quotes.tsv", "latin1.tsv")
             for _, rule in rules(read(name))}  # fmt: skip
    assert found >= {"short_row", "footer_or_blank", "undecodable_bytes"} and found <= set(REJECTION_RULES)


@pytest.mark.parametrize(
    ("text", "last", "n_rows", "rule"),
    [
        ('id,"name\n(long)",age\n1,a,5\n2,b,6\n', "age", 2, None),
        # two stray quotes, in the header and in the second row: both rows would be a part of the header
        ('id,name,"age\n1,a,5\n2,b,6"\n3,c,8\n', '"age', 3, "stray_quote"),
        ('id,name,"age\n1,a,5\n2,b,6\n', '"age', 2, "stray_quote"),
    ],
)
def test_a_stray_quote_in_the_header_takes_no_row_away_and_is_noted(
    text: str, last: str, n_rows: int, rule: str | None
) -> None:
    table = read_table(text.encode(), TableFormat(delimiter=","), "t")
    assert len(rows(table)) == n_rows
    assert list(rows(table)[0])[2] == last
    assert rules(table) == ([(1, rule)] if rule else [])
