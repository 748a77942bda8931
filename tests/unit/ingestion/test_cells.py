"""Cells that a file does not quite hold: formulas, padded numbers, errors, NULs, quotes over several lines."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import datetime

import openpyxl
import pytest

from ingestion.catalog.columns import TableFormat
from ingestion.errors import ParseError, TooLargeError
from ingestion.reading.sheet_cells import MAX_SECONDS, SheetPlace, sheet_rows
from ingestion.reading.table_model import ParsedTable
from ingestion.reading.tables import read_table
from ingestion.reading.workbooks import read_workbook

SHEET = TableFormat(type="xlsx", sheet="S")
TSV = TableFormat()
CSV = TableFormat(delimiter=",")


def book(*rows: tuple[object, ...], formats: dict[str, str] | None = None) -> bytes:
    made = openpyxl.Workbook()
    page = made.active
    assert page is not None
    page.title = "S"
    for row in rows:
        page.append(list(row))
    for cell, code in (formats or {}).items():
        page[cell].number_format = code
    data = io.BytesIO()
    made.save(data)
    return data.getvalue()


def changed(data: bytes, change: Callable[[bytes], bytes], member: str = "xl/worksheets/sheet1.xml") -> bytes:
    """The workbook with one member's bytes changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == member else old.read(name))
    return out.getvalue()


def notes(table: ParsedTable) -> list[tuple[int | None, str, str | None, str | None, int]]:
    return [(r.source_row, r.rule_id, r.column_name, r.value, r.n_rows) for r in table.rejected]


# ---- workbooks ------------------------------------------------------------------------------------------


def test_a_formula_without_a_stored_value_is_empty_and_noted_cell_by_cell() -> None:
    table = read_table(book(("id", "OS"), ("a", "=1+1"), ("b", 2), ("c", "=B2*2")), SHEET, "w.xlsx")
    assert table.cells("OS") == [None, "2", None]
    assert notes(table) == [
        (2, "formula_without_value", "OS", "=1+1", 1), (4, "formula_without_value", "OS", "=B2*2", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("stored", "expected"),
    [(b"<c r='B2'><f>1+1</f><v>2</v></c>", "2"), (b"<c r='B2' t='str'><f>A1</f><v/></c>", None)],
)
def test_a_formula_with_a_stored_value_is_that_value_also_when_it_is_the_empty_text(
    stored: bytes, expected: str | None
) -> None:
    def put(xml: bytes) -> bytes:
        start = xml.index(b'<c r="B2"')
        return xml[:start] + stored + xml[xml.index(b"</c>", start) + 4 :]

    table = read_table(changed(book(("id", "OS"), ("a", 7)), put), SHEET, "w.xlsx")
    assert table.cells("OS") == [expected] and table.rejected == ()


def test_zeros_that_a_number_format_adds_belong_to_the_identifier_and_are_noted_once_a_column() -> None:
    formats = {"A2": "00000", "A3": "[$-409]00000;@", "A4": "00000", "B2": "0.00", "B3": "0"}
    data = book(("id", "x"), (485, 5), (7, 6), (12345, 7), formats=formats)
    table = read_table(data, SHEET, "w.xlsx")
    assert table.cells("id") == ["00485", "00007", "12345"] and table.cells("x") == ["5", "6", "7"]
    assert notes(table) == [(2, "zeros_from_number_format", "id", "00485", 2)]


def test_an_error_of_the_spreadsheet_is_no_value_but_not_available_stays_a_word() -> None:
    table = read_table(book(("id", "x"), ("#REF!", "#DIV/0!"), ("a", "#N/A")), SHEET, "w.xlsx")
    assert table.cells("x") == ["#N/A"] and table.cells("id") == ["a"]
    assert notes(table)[:2] == [(2, "error_cell", "id", "#REF!", 1), (2, "error_cell", "x", "#DIV/0!", 1)]


def test_a_date_stays_a_date_whatever_its_number_format() -> None:
    data = book(("id", "day"), ("a", datetime(2010, 9, 9)), formats={"B2": "dd/mm/yy"})
    assert read_table(data, SHEET, "w.xlsx").cells("day") == ["2010-09-09"]


def test_a_far_row_costs_nothing_and_the_rows_between_are_one_note() -> None:
    far = b"1048576"
    data = changed(
        book(("id", "x"), ("a", 1), ("b", 2)),
        lambda xml: (
            xml.replace(b'r="3"', b'r="' + far + b'"')
            .replace(b'r="A3"', b'r="A' + far + b'"')
            .replace(b'r="B3"', b'r="B' + far + b'"')
        ),
    )
    table = read_table(data, SHEET, "w.xlsx")
    assert table.rows() == [2, 1_048_576]
    assert notes(table) == [(3, "footer_or_blank", None, "", 1_048_573)]
    # openpyxl's own rows are made up to the last one: 33 s and 316 MB
    stored = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    place = SheetPlace("w.xlsx", "S", deadline=1.0, now=lambda: 0.0)
    assert [row for row, _ in sheet_rows(stored, place, [])] == [1, 2, 1_048_576]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b'<row r="3"', b'<row r="99999999"', "names row 99999999, and a sheet has rows 1 to 1,048,576"),
        (b'<row r="3"', b'<row r="2"', "row 2 comes after row 2"),
        (b'<row r="3"', b'<row r="x"', "the row after row 2 cannot be read"),
        (b'<row r="3"', b'<row r="3', "below row 2 its XML is none"),
        (b'r="B3"', b'r="XFE3"', "names column 16,385"),
        (b'r="B3"', b'r="B-3"', "cell B-3 cannot be read"),
        (b'r="B3"', b'r="B7"', "cell B7 stands in row 3"),
        (b'r="B3"', b'r="A3"', "cell A3 stands twice"),
        (b"</sheetData>", b"", "below row 3 its XML is none"),
        (b"<sheetData>", b"<!DOCTYPE a [<!ENTITY b 'c'>]>&b;<sheetData>", "below row 0 its XML is none"),
        (b"<v>2</v>", b"<v>two</v>", "cell B3 cannot be read"),
        (b'<c r="A3" t="', b'<c r="A3" s="x" t="', "cell A3 cannot be read"),
        (b'<c r="A3" t="', b'<c r="A3" s="-1" t="', "cell A3 cannot be read .the workbook has no format -1"),
        (b'<c r="B3"', b'<c r="B3" s="99"', "cell B3 cannot be read .the workbook has no format 99"),
        (
            b'<c r="A3" t="inlineStr"><is><t>b</t></is></c>',
            b'<c r="A3" t="s"><v>-1</v></c>',
            "cell A3 cannot be read .the workbook has no text -1",
        ),
    ],
)
def test_a_broken_sheet_is_one_sentence_with_the_sheet_and_the_row_or_cell(
    old: bytes, new: bytes, said: str
) -> None:
    data = changed(book(("id", "x"), ("a", 1), ("b", 2)), lambda xml: xml.replace(old, new, 1))
    with pytest.raises(ParseError, match=rf"^w\.xlsx: sheet 'S' is broken: .*{said}.*; .*\.$"):
        read_table(data, SHEET, "w.xlsx")


def test_a_far_column_in_every_row_is_too_large_rather_than_padded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.reading.workbooks.MAX_CELLS", 100)
    data = changed(book(("id", "x"), ("a", 1), ("b", 2)), lambda xml: xml.replace(b'r="B3"', b'r="DD3"'))
    with pytest.raises(TooLargeError, match=r"sheet 'S' has more than .* cells"):
        read_table(data, SHEET, "w.xlsx")


def test_a_sheet_that_takes_too_long_is_ended_by_the_clock() -> None:
    ticks = iter([0.0, 0.0])  # when it begins, and at the first row
    many = book(("id", "x"), *[(f"p{i}", i) for i in range(1_500)])
    with pytest.raises(TooLargeError, match=r"sheet 'S' takes too long, it was ended at row 1,001;"):
        read_workbook(many, SHEET, "w.xlsx", now=lambda: next(ticks, 2 * MAX_SECONDS))


@pytest.mark.parametrize("member", ["xl/styles.xml", "xl/workbook.xml", "[Content_Types].xml"])
def test_a_part_of_millions_of_elements_is_refused_before_it_is_made_objects(
    monkeypatch: pytest.MonkeyPatch, member: str
) -> None:
    monkeypatch.setattr("ingestion.reading.workbooks.MAX_PART_ELEMENTS", 1_000)
    data = changed(book(("id", "x"), ("a", 1)), lambda xml: xml + b"<x/>" * 2_000, member)
    said = rf"part {re.escape(member)} of the workbook has more than 1,000 elements"
    with pytest.raises(TooLargeError, match=said):
        read_table(data, SHEET, "w.xlsx")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<sheetData>", b"<x/>" * 2_000 + b"<sheetData>"),
        (b"</sheetData>", b"</sheetData>" + b"<x/>" * 2_000),
        (b'<row r="3"', b"<row>" + b"<c/>" * 2_000 + b'</row><row r="3"'),
    ],
    ids=["above the rows", "below the rows", "in a row"],
)
def test_what_no_row_can_hold_is_refused_wherever_it_stands(
    monkeypatch: pytest.MonkeyPatch, old: bytes, new: bytes
) -> None:
    monkeypatch.setattr("ingestion.reading.sheet_cells.MAX_ELEMENTS", 1_000)
    data = changed(book(("id", "x"), ("a", 1), ("b", 2)), lambda xml: xml.replace(old, new))
    with pytest.raises(ParseError, match=r"sheet 'S' is broken: below row \d it holds more than a row"):
        read_table(data, SHEET, "w.xlsx")


# ---- delimited text -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fast", [True, False])
def test_rows_between_two_stray_quotes_stay_rows(fast: bool) -> None:
    table = read_table(b'ID\tX\nP1\t"a\nP2\t2\nP3\tb"\nP4\t4\n', TSV, "t", fast=fast)
    assert table.cells("ID") == ["P1", "P2", "P3", "P4"]
    assert table.cells("X") == ['"a', "2", 'b"', "4"]
    assert [(r.source_row, r.rule_id) for r in table.rejected] == [(2, "stray_quote")]


def test_rows_between_two_stray_quotes_in_the_middle_of_a_row_stay_rows_too() -> None:
    table = read_table(b'ID\tX\tY\nP1\t"a\t1\nP2\t2\t2\nP3\tb"\t3\n', TSV, "t")
    assert table.cells("ID") == ["P1", "P2", "P3"] and table.cells("Y") == ["1", "2", "3"]


@pytest.mark.parametrize(
    "cell",
    ['"one\ntwo"', '"one, two\nthree, four"', '"a\nb\nc"'],
    ids=["two lines", "prose with commas", "three"],
)
def test_a_cell_over_several_lines_is_one_row_and_says_so(cell: str) -> None:
    table = read_table(f"id,note,x\nP1,{cell},5\nP2,y,6\n".encode(), CSV, "t")
    assert table.cells("id") == ["P1", "P2"] and table.cells("note")[0] == cell.strip('"')
    assert [(r.source_row, r.rule_id) for r in table.rejected] == [(2, "joined_lines")]


@pytest.mark.parametrize("fast", [True, False])
def test_a_nul_byte_is_shown_and_noted_and_makes_no_other_word(fast: bool) -> None:
    table = read_table(b"gene\tx\nAL\0K\t1\nTP53\t2\n\0\0\0\n", TSV, "t", fast=fast)
    assert table.cells("gene") == ["AL\ufffdK", "TP53"]
    assert [(r.source_row, r.rule_id) for r in table.rejected] == [
        (2, "nul_bytes"), (4, "footer_or_blank"), (4, "nul_bytes"),
    ]  # fmt: skip


@pytest.mark.parametrize("fast", [True, False])
def test_utf_16_without_a_mark_is_an_error_that_names_the_key_and_is_read_where_it_is_declared(
    fast: bool,
) -> None:
    data = "gene\tx\né\t1\n".encode("utf-16-le")
    with pytest.raises(ParseError, match=r"as in UTF-16 without a mark; declare format\.encoding"):
        read_table(data, TSV, "t", fast=fast)
    assert read_table(data, TableFormat(encoding="utf-16-le"), "t", fast=fast).cells("gene") == ["é"]


@pytest.mark.parametrize("fast", [True, False])
def test_a_codec_that_is_no_text_encoding_is_an_error(fast: bool) -> None:
    for encoding in ("utf-99", "base64", "rot13", "undefined"):
        with pytest.raises(ParseError, match="is not the name of an encoding"):
            read_table(b"a\tb\n1\t2\n", TableFormat(encoding=encoding), "t", fast=fast)
