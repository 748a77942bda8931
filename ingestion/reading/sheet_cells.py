"""The cells of one sheet, row by row as the file stores them, and the doubts about single cells.

openpyxl reads the workbook (strings, styles, dates) and each cell; which rows and columns there are is decided here,
because its own rows are made up to the last one that is named, and a formula without a value is none of its business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import IO, Any
from xml.etree.ElementTree import Element
from xml.etree.ElementTree import ParseError as XmlError

from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import CellCoordinatesException
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet._reader import FORMULA_TAG, ROW_TAG, VALUE_TAG, WorkSheetParser
from openpyxl.xml.functions import iterparse

from ingestion.errors import ParseError, TooLargeError
from ingestion.reading.table_model import Cell, shorten

#: What a sheet of Excel can hold; a row or column beyond is a fault of the file.
MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384
#: Cells, empty ones between filled ones included: 400 MB as text. A far column in every row would take any memory.
MAX_CELLS = 50_000_000
#: XML elements from the end of one row to the end of the next: a row of Excel has 16,384 cells of a few elements each.
MAX_ELEMENTS = 500_000
#: A full sheet of a million rows is read in 35 s; a slow machine gets ten minutes, and a large file more.
MAX_SECONDS, SECONDS_PER_MB = 600.0, 30.0
_ROWS_PER_LOOK = 1_000  # at the clock
_SAVE_AGAIN = "open it in a spreadsheet and save it again"
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


@dataclass(frozen=True)
class SheetPlace:
    """A sheet as errors name it: file, sheet, and the second of `now` after which reading it ends."""

    where: str
    name: str
    deadline: float
    now: Callable[[], float]

    def broken(self, what: str) -> ParseError:
        return ParseError(f"sheet '{self.name}' is broken: {what}", file=self.where, remedy=_SAVE_AGAIN)

    def look_at_the_clock(self, row: int) -> None:
        """Raise TooLargeError when the time is over."""
        if self.now() > self.deadline:
            raise TooLargeError(
                f"reading sheet '{self.name}' takes too long, it was ended at row {row:,}",
                where=self.where,
                remedy="give the table as text, or take away what is not read",
            )


class _SheetParser(WorkSheetParser):
    """openpyxl's parser of cells, which also says which cell it is at, and that a formula has no stored value.

    It takes a text or a format of the workbook only where there is one: Python counts -1 from the end, and openpyxl
    takes a date whose format is missing for a number.
    """

    at: str | None = None
    n_styles = 0

    def parse_cell(self, element: Element) -> dict[str, Any]:
        self.at = element.get("r") or f"number {self.col_counter + 1} of row {self.row_counter}"
        if element.get("t") == "s" and (index := element.findtext(VALUE_TAG)):
            _refuse_index(index, len(self.shared_strings), "text")
        _refuse_index(element.get("s", "0"), self.n_styles, "format")
        cell: dict[str, Any] = super().parse_cell(element)
        formula = element.find(FORMULA_TAG)
        # A formula that gives the empty string has type "str" and an empty value.
        has_value = bool(element.findtext(VALUE_TAG)) or element.get("t") == "str"
        cell["formula"] = None if formula is None or has_value else f"={formula.text or ''}"
        return cell


def _refuse_index(index: str, n: int, of_what: str) -> None:
    if not (index.strip().isdecimal() and int(index) < n):
        raise ValueError(f"the workbook has no {of_what} {shorten(index)}")


def sheet_rows(
    book: Workbook, place: SheetPlace, doubts: list[CellDoubt]
) -> Iterator[tuple[int, list[Cell]]]:
    """(1-based row number, its cells as text up to the last filled one) of the rows that the sheet stores.

    Doubts about cells are appended to ``doubts``. What openpyxl raises on broken content passes through, but for single
    cells.

    Raises
    ------
    ParseError : rows that are out of order, twice there, or beyond what a sheet can hold; a cell that cannot be read.
    TooLargeError : more cells than can be held, or more time than reading may take.
    """
    sheet = book[place.name]
    zeros = _zero_formats(book)
    last, n_cells = 0, 0
    with sheet._get_source() as source:
        for n, (row, cells) in enumerate(_stored_rows(source, book, sheet._shared_strings, place)):
            if n % _ROWS_PER_LOOK == 0:
                place.look_at_the_clock(row)
            if not last < row <= MAX_ROWS:
                raise _bad_row(row, last, place)
            last = row
            texts = _texts(row, cells, zeros, doubts, place)
            n_cells += len(texts)
            if n_cells > MAX_CELLS:
                raise too_many_cells(place.name, place.where)
            yield row, texts


def too_many_cells(name: str, where: str) -> TooLargeError:
    """The error for a sheet of more than `MAX_CELLS` cells."""
    return TooLargeError(
        f"sheet '{name}' has more than {MAX_CELLS:,} cells, empty ones between filled ones included",
        where=where,
        remedy="take away what stands far beside the table, or give the table as text",
    )


def _stored_rows(
    source: IO[bytes], book: Workbook, strings: list[str], place: SheetPlace
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    parser = _SheetParser(
        source,
        strings,
        data_only=True,
        epoch=book.epoch,
        date_formats=book._date_formats,
        timedelta_formats=book._timedelta_formats,
    )
    parser.n_styles = len(book._cell_styles)
    n_elements = 0
    for element in _elements(source, parser, place):
        n_elements += 1
        if n_elements > MAX_ELEMENTS:
            raise place.broken(f"below row {parser.row_counter:,} it holds more than a row can hold")
        if element.tag == ROW_TAG:
            yield _parsed_row(parser, element, place)
            element.clear()
            n_elements = 0


def _elements(source: IO[bytes], parser: _SheetParser, place: SheetPlace) -> Iterator[Element]:
    try:
        for _, element in iterparse(source):
            yield element
    except XmlError as error:
        raise place.broken(f"below row {parser.row_counter:,} its XML is none ({error})") from error


def _parsed_row(
    parser: _SheetParser, element: Element, place: SheetPlace
) -> tuple[int, list[dict[str, Any]]]:
    parser.at = None
    try:
        row: tuple[int, list[dict[str, Any]]] = parser.parse_row(element)
    except (
        ArithmeticError,
        LookupError,
        SyntaxError,
        TypeError,
        ValueError,
        CellCoordinatesException,
    ) as error:
        at = f"cell {shorten(parser.at)}" if parser.at else f"the row after row {parser.row_counter:,}"
        detail = shorten(" ".join(str(error).split())) or type(error).__name__
        raise place.broken(f"{at} cannot be read ({detail})") from error
    return row


def _bad_row(row: int, last: int, place: SheetPlace) -> ParseError:
    beyond = f"a sheet has rows 1 to {MAX_ROWS:,}"
    what = f"row {row} comes after row {last}" if 0 < row <= MAX_ROWS else f"it names row {row}, and {beyond}"
    return place.broken(what)


def _texts(
    row: int,
    cells: list[dict[str, Any]],
    zeros: dict[int, int],
    doubts: list[CellDoubt],
    place: SheetPlace,
) -> list[Cell]:
    texts: list[Cell] = []
    seen: set[int] = set()
    for cell in cells:
        column = cell["column"] - 1
        if not 0 <= column < MAX_COLUMNS:
            raise place.broken(f"row {row} names column {column + 1:,}")
        if cell["row"] != row or column in seen:
            what = "stands twice" if cell["row"] == row else f"stands in row {row}"
            raise place.broken(f"cell {get_column_letter(column + 1)}{cell['row']} {what}")
        seen.add(column)
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
