"""Sheets of Excel workbooks as tables of text: numbers as they are written, dates as ISO text.

Reading only; a workbook's formulas are taken by the values it stores for them.
"""

from __future__ import annotations

import io
import warnings
import zipfile
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
    if fmt.has_header:
        at = _header_index(rows, fmt, where)
        # Remarks beside a table stand in columns without a name: they must not cost the rows they stand in.
        width = max(_width(cells) for _, cells in rows[at:])
        header = (rows[at][1] + [None] * width)[:width]
        below = rows[at + 1 :]
    else:
        header, below = list(fmt.names), rows[fmt.header_row - 1 :]
    builder = TableBuilder(header, where, flag_short=False)
    for row, cells in below:
        builder.add(row, cells)
    return builder.finish(select, fmt.missing if missing_as_null else ())


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


def _width(cells: list[Cell]) -> int:
    return max((i for i, cell in enumerate(cells, start=1) if cell is not None), default=0)


def _sheet_rows(content: Path | bytes, fmt: TableFormat, where: str) -> list[NumberedRow]:
    data = content if isinstance(content, bytes) else content.read_bytes()
    with warnings.catch_warnings():
        # openpyxl warns of extensions to drawings and formats, which are not read
        warnings.simplefilter("ignore", UserWarning)
        try:
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        except (KeyError, ValueError, InvalidFileException, zipfile.BadZipFile) as error:
            raise ParseError(
                f"it is a zip file but not an Excel workbook ({error})",
                file=where,
                remedy="correct the address",
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
            return [
                (row, [cell_text(value) for value in values])
                for row, values in enumerate(sheet.iter_rows(values_only=True), start=1)
            ]
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
