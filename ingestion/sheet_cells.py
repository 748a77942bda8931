"""The cells of one sheet, row by row as the file stores them, and the doubts about single cells.

openpyxl reads the workbook (strings, styles, dates) and each cell; which rows and columns there are is decided here,
because its own rows are made up to the last one that is named, and a formula without a value is none of its business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import IO, Any
from xml.etree.ElementTree import Element

from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet._reader import FORMULA_TAG, ROW_TAG, VALUE_TAG, WorkSheetParser
from openpyxl.xml.functions import iterparse

from ingestion.errors import ParseError, TooLargeError
from ingestion.table_model import Cell, shorten

#: What a sheet of Excel can hold; a row or column beyond is a fault of the file.
MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384
#: Cells, empty ones between filled ones included: 400 MB as text. A far column in every row would take any memory.
MAX_CELLS = 50_000_000
#: The one error that says "missing" on purpose; it stays a word, to be declared under format.missing.
_NOT_AVAILABLE = "#N/A"
#: A number format that pads with zeros: 00000, also with a colour or locale in front.
_ZEROS = re.compile(r"(?:\[[^\]]*\])*(0{2,})")


@dataclass(frozen=True)
class CellDoubt:
    """A doubt about one cell (rules: ``REJECTION_RULES``); ``column`` is its place in the row, from 0."""

    row: int
    column: int
    rule_id: str
    value: str
    message: str


class _SheetParser(WorkSheetParser):
    """openpyxl's parser of cells, which also says that a formula has no stored value."""

    def parse_cell(self, element: Element) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        formula = element.find(FORMULA_TAG)
        # A formula that gives the empty string has type "str" and an empty value.
        has_value = bool(element.findtext(VALUE_TAG)) or element.get("t") == "str"
        cell["formula"] = None if formula is None or has_value else f"={formula.text or ''}"
        return cell


def sheet_rows(
    book: Workbook, name: str, where: str, doubts: list[CellDoubt]
) -> Iterator[tuple[int, list[Cell]]]:
    """(1-based row number, its cells as text up to the last filled one) of the rows that the sheet stores.

    Doubts about cells are appended to ``doubts``. What openpyxl raises on broken content passes through.

    Raises
    ------
    ParseError : rows that are out of order, twice there, or beyond what a sheet can hold.
    TooLargeError : more cells than can be held.
    """
    sheet = book[name]
    zeros = _zero_formats(book)
    last, n_cells = 0, 0
    with sheet._get_source() as source:
        for row, cells in _stored_rows(source, book, sheet._shared_strings):
            if not last < row <= MAX_ROWS:
                raise _bad_row(row, last, name, where)
            last = row
            texts = _texts(row, cells, zeros, doubts, name, where)
            n_cells += len(texts)
            if n_cells > MAX_CELLS:
                raise too_many_cells(name, where)
            yield row, texts


def too_many_cells(name: str, where: str) -> TooLargeError:
    """The error for a sheet of more than `MAX_CELLS` cells."""
    return TooLargeError(
        f"sheet '{name}' has more than {MAX_CELLS:,} cells, empty ones between filled ones included",
        where=where,
        remedy="take away what stands far beside the table, or give the table as text",
    )


def _stored_rows(
    source: IO[bytes], book: Workbook, strings: list[str]
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    parser = _SheetParser(
        source,
        strings,
        data_only=True,
        epoch=book.epoch,
        date_formats=book._date_formats,
        timedelta_formats=book._timedelta_formats,
    )
    for _, element in iterparse(source):
        if element.tag == ROW_TAG:
            yield parser.parse_row(element)
            element.clear()


def _bad_row(row: int, last: int, name: str, where: str) -> ParseError:
    beyond = f"a sheet has rows 1 to {MAX_ROWS:,}"
    what = f"row {row} comes after row {last}" if 0 < row <= MAX_ROWS else f"it names row {row}, and {beyond}"
    return ParseError(
        f"sheet '{name}' is broken: {what}", file=where, remedy="open it in a spreadsheet and save it again"
    )


def _texts(
    row: int,
    cells: list[dict[str, Any]],
    zeros: dict[int, int],
    doubts: list[CellDoubt],
    name: str,
    where: str,
) -> list[Cell]:
    texts: list[Cell] = []
    for cell in cells:
        column = cell["column"] - 1
        if not 0 <= column < MAX_COLUMNS:
            raise ParseError(
                f"sheet '{name}' is broken: row {row} names column {column + 1:,}",
                file=where,
                remedy="open it in a spreadsheet and save it again",
            )
        text = cell_text(cell["value"])
        if cell["formula"] is not None:
            message = "the workbook stores no value for this formula"
            doubts.append(CellDoubt(row, column, "formula_without_value", shorten(cell["formula"]), message))
            text = None
        elif cell["data_type"] == "e" and text is not None and text != _NOT_AVAILABLE:
            doubts.append(CellDoubt(row, column, "error_cell", text, "an error of the spreadsheet"))
            text = None
        elif text is not None and (n_digits := zeros.get(cell["style_id"])) and cell["data_type"] == "n":
            padded = text.zfill(n_digits) if text.isdecimal() else text
            if padded != text:
                doubts.append(CellDoubt(row, column, "zeros_from_number_format", padded, f"stored as {text}"))
            text = padded
        if text is None:
            continue
        texts += [None] * (column + 1 - len(texts))
        texts[column] = text
    return texts


def _zero_formats(book: Workbook) -> dict[int, int]:
    """Style -> number of digits that its number format always shows, for formats that are nothing but zeros."""
    found = {}
    for style_id, style in enumerate(book._cell_styles):
        number = style.numFmtId
        if number < BUILTIN_FORMATS_MAX_SIZE:
            code = BUILTIN_FORMATS.get(number, "")
        else:
            place = number - BUILTIN_FORMATS_MAX_SIZE
            code = book._number_formats[place] if place < len(book._number_formats) else ""
        if (zeros := _ZEROS.fullmatch(code.split(";")[0])) is not None:
            found[style_id] = len(zeros[1])
    return found


def cell_text(value: Any) -> Cell:
    """A cell's value as text: 3 not 3.0, TRUE and FALSE, 2010-09-09 for a date; null when it is empty."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)
