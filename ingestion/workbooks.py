"""Sheets of Excel workbooks as tables of text: numbers as they are written, dates as ISO text.

Reading only; a workbook's formulas are taken by the values it stores for them.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from ingestion.archives import check_kind
from ingestion.catalog_columns import TableFormat
from ingestion.errors import ParseError
from ingestion.table_model import Cell, NumberedRow, ParsedTable, Select, TableBuilder


def read_workbook(
    content: Path | bytes,
    fmt: TableFormat,
    where: str,
    select: Select | None = None,
    *,
    missing_as_null: bool = False,
) -> ParsedTable:
    """Read one sheet; parameters and errors as `ingestion.tables.read_table`."""
    check_kind(content, "zip", source=where)
    rows = _sheet_rows(content, fmt, where)
    header = _header(rows, fmt, where) if fmt.has_header else list(fmt.names)
    builder = TableBuilder(header, where, flag_short=False)
    for row, cells in rows:
        if fmt.has_header or row >= fmt.header_row:
            builder.add(row, cells)
    return builder.finish(select, fmt.missing if missing_as_null else ())


def _header(rows: Iterator[NumberedRow], fmt: TableFormat, where: str) -> list[Cell]:
    for row, cells in rows:
        is_comment = bool(fmt.comment) and (cells[0] or "").startswith(str(fmt.comment)) if cells else True
        if row >= fmt.header_row and any(cells) and not is_comment:
            return cells
    raise ParseError(
        f"sheet '{fmt.sheet}' has no header at or below row {fmt.header_row}",
        file=where,
        remedy="correct the sheet or header_row in the cohort file",
    )


def _sheet_rows(content: Path | bytes, fmt: TableFormat, where: str) -> Iterator[NumberedRow]:
    source = io.BytesIO(content) if isinstance(content, bytes) else io.BytesIO(content.read_bytes())
    try:
        book = openpyxl.load_workbook(source, read_only=True, data_only=True)
    except (KeyError, ValueError, InvalidFileException, zipfile.BadZipFile) as error:
        raise ParseError(
            f"it is a zip file but not an Excel workbook ({error})", file=where, remedy="correct the address"
        ) from error
    try:
        if fmt.sheet not in book.sheetnames:
            raise ParseError(
                f"there is no sheet '{fmt.sheet}'; the workbook has: {', '.join(book.sheetnames)}",
                file=where,
                remedy="correct format.sheet in the cohort file",
            )
        sheet = book[fmt.sheet]
        sheet.reset_dimensions()  # some writers store a wrong extent, which would cut the table
        for row, values in enumerate(sheet.iter_rows(values_only=True), start=1):
            cells = [cell_text(value) for value in values]
            while cells and cells[-1] is None:
                cells.pop()
            yield row, cells
    finally:
        book.close()


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
