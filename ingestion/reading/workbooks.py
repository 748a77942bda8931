"""Sheets of Excel workbooks as tables of text: numbers as they are written, dates as ISO text.

Reading only; a workbook's formulas are taken by the values it stores for them. What a foreign library raises on a
broken workbook becomes one sentence here.
"""

from __future__ import annotations

import io
import re
import struct
import time
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import ParseError as XmlError

import openpyxl
from openpyxl.utils.exceptions import CellCoordinatesException, InvalidFileException

from ingestion.catalog.columns import TableFormat
from ingestion.errors import ParseError, TooLargeError
from ingestion.fetching.archives import check_kind
from ingestion.fetching.store import CHUNK_BYTES
from ingestion.reading.sheet_cells import (
    MAX_CELLS,
    MAX_SECONDS,
    SECONDS_PER_MB,
    CellDoubt,
    SheetPlace,
    sheet_rows,
    too_many_cells,
)
from ingestion.reading.table_model import (
    Cell,
    NumberedRow,
    ParsedTable,
    RejectedRow,
    Select,
    TableBuilder,
    with_notes,
)

#: What openpyxl, its XML reader and the zip module raise on content that is no workbook, tried by changing bytes.
_FOREIGN_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    CellCoordinatesException,
    EOFError,
    InvalidFileException,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    XmlError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
_AGAIN = "fetch the file again, correct the address, or open it in a spreadsheet and save it again"
#: Parts that are read element by element (sheets, texts) or not at all (pictures).
_LARGE_PARTS = re.compile(r"(^|/)(worksheets/[^/]+\.xml|sharedStrings\.xml|media/[^/]+)$", re.IGNORECASE)
#: Excel keeps at most 65,490 cell formats, of a few elements each.
MAX_PART_ELEMENTS = 1_000_000
#: Doubts that are told once a column: every cell of it has the same number format.
_ONCE_A_COLUMN = "zeros_from_number_format"


def read_workbook(
    content: Path | bytes,
    fmt: TableFormat,
    where: str,
    select: Select | None = None,
    *,
    missing_as_null: bool = False,
    now: Callable[[], float] = time.monotonic,
) -> ParsedTable:
    """Read one sheet; parameters and errors as `ingestion.reading.tables.read_table`. ``now`` tells the seconds."""
    check_kind(content, "zip", source=where)
    rows, doubts = _sheet(content, fmt, where, now)
    if fmt.has_header:
        at = _header_index(rows, fmt, where)
        # Remarks beside a table stand in columns without a name: they must not cost the rows they stand in.
        width = max(len(cells) for _, cells in rows[at:])
        header = (rows[at][1] + [None] * width)[:width]
        first, below = rows[at][0] + 1, rows[at + 1 :]
        if width * len(below) > MAX_CELLS:
            raise too_many_cells(str(fmt.sheet), where)
    else:
        header, first = list(fmt.names), fmt.header_row
        below = [(row, cells) for row, cells in rows if row >= first]
    builder = TableBuilder(header, where, flag_short=False)
    expected = first
    for row, cells in below:
        if row > expected:
            builder.add_blank(expected, row - expected)
        builder.add(row, cells)
        expected = row + 1
    table = builder.finish(select, fmt.missing if missing_as_null else ())
    return with_notes(table, _notes([doubt for doubt in doubts if doubt.row >= first - 1], builder.columns))


def _header_index(rows: list[NumberedRow], fmt: TableFormat, where: str) -> int:
    for index, (row, cells) in enumerate(rows):
        first = next((cell for cell in cells if cell), None)
        is_comment = bool(fmt.comment) and first is not None and first.startswith(str(fmt.comment))
        if row >= fmt.header_row and first is not None and not is_comment:
            return index
    raise ParseError(
        f"sheet '{fmt.sheet}' has no header at or below row {fmt.header_row}",
        file=where,
        remedy="correct the sheet or header_row in the cohort file",
    )


def _notes(doubts: Iterable[CellDoubt], columns: tuple[str, ...]) -> Iterator[RejectedRow]:
    once: dict[str | None, RejectedRow] = {}
    for doubt in doubts:
        column = columns[doubt.column] if doubt.column < len(columns) else None
        note = RejectedRow(doubt.row, doubt.rule_id, doubt.value, doubt.message, column)
        if doubt.rule_id != _ONCE_A_COLUMN:
            yield note
        elif column in once:
            once[column] = replace(once[column], n_rows=once[column].n_rows + 1)
        else:
            once[column] = note
    yield from once.values()


def _sheet(
    content: Path | bytes, fmt: TableFormat, where: str, now: Callable[[], float]
) -> tuple[list[NumberedRow], list[CellDoubt]]:
    """The rows that the sheet stores, and the doubts about their cells."""
    data = content if isinstance(content, bytes) else content.read_bytes()
    deadline = now() + MAX_SECONDS + SECONDS_PER_MB * len(data) / 1e6
    place = SheetPlace(where, str(fmt.sheet), deadline, now)
    _refuse_overgrown_parts(data, where)
    doubts: list[CellDoubt] = []
    with warnings.catch_warnings():
        # openpyxl warns of extensions to drawings and formats, which are not read
        warnings.simplefilter("ignore", UserWarning)
        with one_sentence("it is no Excel workbook, or a broken one", _AGAIN, where):
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            if fmt.sheet not in book.sheetnames:
                raise ParseError(
                    f"there is no sheet '{fmt.sheet}'; the workbook has: {', '.join(book.sheetnames)}",
                    file=where,
                    remedy="correct format.sheet in the cohort file",
                )
            with one_sentence(f"sheet '{fmt.sheet}' cannot be read", _AGAIN, where):
                rows: list[tuple[int, list[Cell]]] = list(sheet_rows(book, place, doubts))
        finally:
            book.close()
    return rows, doubts


def _refuse_overgrown_parts(data: bytes, where: str) -> None:
    """Styles, names and relations become objects before any sheet is opened: 100 kB can hold ten million of them."""
    with (
        one_sentence("it is no Excel workbook, or a broken one", _AGAIN, where),
        zipfile.ZipFile(io.BytesIO(data)) as book,
    ):
        for part in book.namelist():
            if _LARGE_PARTS.search(part) is None and _n_elements(book, part) > MAX_PART_ELEMENTS:
                raise TooLargeError(
                    f"part {part} of the workbook has more than {MAX_PART_ELEMENTS:,} elements",
                    where=where,
                    remedy="open it in a spreadsheet and save it without its formats",
                )


def _n_elements(book: zipfile.ZipFile, part: str) -> int:
    """Tags of a part, at most those of one block more than allowed."""
    n = 0
    with book.open(part) as stream:
        while n <= MAX_PART_ELEMENTS and (chunk := stream.read(CHUNK_BYTES)):
            n += chunk.count(b"<")
    return n


@contextmanager
def one_sentence(what: str, remedy: str, where: str) -> Iterator[None]:
    """What openpyxl raises on foreign content as a ParseError."""
    try:
        yield
    except _FOREIGN_ERRORS as error:
        # openpyxl says where it was and hides the cause behind it
        cause = error.__cause__ or error
        detail = " ".join(str(cause).split())[:200] or type(cause).__name__
        raise ParseError(f"{what} ({detail})", file=where, remedy=remedy) from error
