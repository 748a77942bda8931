"""How a table that nobody has described is written: delimiter, encoding, header row, decimal mark, missing words."""

from __future__ import annotations

import codecs
import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from openpyxl import load_workbook

from ingestion.catalog.columns import TableFormat
from ingestion.errors import ParseError
from ingestion.fetching.archives import check_kind, open_gzip
from ingestion.reading.delimited import physical_lines, split_line
from ingestion.reading.privacy import is_date
from ingestion.reading.workbooks import one_sentence

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
#: Bytes and lines that are looked at.
_HEAD = 1 << 20
_LINES = 200
_NUMBER = re.compile(r"[+-]?\d+([.,])\d+")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*")
#: May be thousands as well as a number with three decimals.
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_MISSING = (
    "unknown", "unbekannt", "inconnu", "desconocido", "not available", "not evaluated", "n.a.", "k.a.", "nd", "n.d.",
    "missing", "none", "null", "-", "--", ".", "?", "x", "n/a", "na", "nan", "unk", "#n/a",
)  # fmt: skip


def guess_format(path: Path) -> TableFormat:
    """The format of a table: what the reader of cohort files is told.

    Raises
    ------
    ParseError : no delimiter parts its lines into columns, or a zip file is no workbook.
    Others : a page, a pointer or nothing in place of a table, or a damaged file: see `check_kind`.
    """
    check_kind(path, None, source=str(path))
    with path.open("rb") as handle:
        data = handle.read(_HEAD)
    if data.startswith(_ZIP):
        return _workbook_format(path)
    if data.startswith(_GZIP):
        with open_gzip(path, source=str(path)) as stream:
            data = stream.read(_HEAD)
    if data.startswith((_GZIP, _ZIP)):
        raise ParseError("it is packed twice", file=str(path), remedy="unpack it once and give what is in it")
    encoding = guess_encoding(data, path)
    lines = physical_lines(data.decode(encoding, errors="replace").encode(), "utf-8", str(path))[0][:_LINES]
    comment = "#" if lines and lines[0].startswith("#") else None
    lines = ["" if comment and line.startswith(comment) else line for line in lines]
    delimiter = _delimiter(lines, path)
    fmt = TableFormat(delimiter=delimiter)
    header = _header_row([split_line(line, fmt)[0] for line in lines], path)
    return TableFormat(
        delimiter=delimiter,
        encoding=encoding,
        header_row=header if any(line.strip() for line in lines[: header - 1]) else 1,
        comment=comment,
        decimal=_decimal(lines, delimiter),
    )


def _workbook_format(path: Path) -> TableFormat:
    """The sheet with the most filled cells, and its header: the first row that is as wide as most rows are. What stands
    above it (a title, notes) is no header."""
    with zipfile.ZipFile(path) as archive:
        if not any(name.endswith("workbook.xml") for name in archive.namelist()):
            raise ParseError(
                "it is a zip file and no workbook",
                file=str(path),
                remedy="unpack it and give the tables in it",
            )
    again = "open it in a spreadsheet and save it again"
    with one_sentence("the workbook cannot be read", again, str(path)), path.open("rb") as handle:
        book = load_workbook(handle, read_only=True)
        sheets = {
            sheet.title: [
                ["" if cell is None else str(cell) for cell in row]
                for row in sheet.iter_rows(max_row=_LINES, values_only=True)
            ]
            for sheet in book.worksheets
        }
        book.close()
    sheet = max(sheets, key=lambda title: sum(map(_n_filled, sheets[title])))
    return TableFormat(type="xlsx", sheet=sheet, header_row=_header_row(sheets[sheet], path))


def _header_row(rows: Sequence[Sequence[str]], path: Path) -> int:
    """The first row that is as wide as most rows are: a title above it fills a cell or two, however many delimiters a
    spreadsheet writes after it.

    Raises
    ------
    ParseError : that row reads like the rows below it, so that nothing names the columns.
    """
    filled = Counter(width for row in rows if (width := _n_filled(row)))
    usual = max(filled, key=lambda width: (filled[width] * width, width), default=0)
    # a header may name a column that most rows leave empty, and a row may fill one without a name
    header = next((i for i, row in enumerate(rows) if (n := _n_filled(row)) and n * 10 >= usual * 8), 0)
    if rows and _is_data(rows[header], rows[header + 1 :]):
        raise ParseError(
            f"row {header + 1} is the first of the table and reads like the data below it, so no row names the columns",
            file=str(path),
            remedy="write one row of column names, each in words, above the data",
        )
    return header + 1


def _is_data(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether half of a row's filled cells are numbers, dates, or stand again in their column. A header that stands
    again as a whole is none."""
    others = [other for other in below if list(other) != list(row)]
    known = [
        _PLAIN_NUMBER.fullmatch(cell) is not None
        or is_date(cell)
        or any(at < len(other) and other[at] == cell for other in others)
        for at, cell in enumerate(row)
        if cell.strip()
    ]
    return bool(known) and 2 * sum(known) >= len(known)


def _n_filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def with_missing(fmt: TableFormat, cells: list[str]) -> TableFormat:
    """The format with the words for missing that occur in the table beside the usual ones."""
    found = {cell for cell in cells if cell.lower() in _MISSING} - set(fmt.missing)
    return fmt.model_copy(update={"missing": (*fmt.missing, *sorted(found))}) if found else fmt


def guess_encoding(data: bytes, path: Path) -> str:
    """UTF-16 by its mark, or by a NUL at every other place; else UTF-8, or Windows-1252 where it is not that.

    Raises
    ------
    ParseError : it is UTF-32, which no table is read in.
    """
    at_even, at_odd = (data[start::2].count(b"\0") for start in (0, 1))
    half = len(data) // 2
    if at_even * 10 > half * 2 and at_odd * 10 > half * 2:
        raise ParseError(
            "NUL bytes stand where its letters are, as in UTF-32", file=str(path), remedy="save it as UTF-8"
        )
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if max(at_even, at_odd) * 10 > half * 4:
        return "utf-16-be" if at_even > at_odd else "utf-16-le"
    try:
        data[: data.rfind(b"\n") + 1 or None].decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _n_marks(line: str, mark: str) -> int:
    """How often a mark parts cells: one within quotes ("1,200") does not."""
    return len(split_line(line, TableFormat(delimiter=mark))[0]) - 1


def _delimiter(lines: list[str], path: Path) -> str:
    """The mark that parts most lines into one and the same number of columns."""
    best, most = "", 0
    for mark in ("\t", ";", ",", "|"):
        counts = Counter(n for line in lines if (n := _n_marks(line, mark)))
        if counts:
            width, n_lines = counts.most_common(1)[0]
            if n_lines * width > most:
                best, most = mark, n_lines * width
    if not most:
        raise ParseError(
            "no tab, semicolon, comma or bar parts its lines into columns",
            file=str(path),
            remedy="give a table with a header: CSV, TSV or XLSX",
        )
    return best


def _decimal(lines: list[str], delimiter: str) -> Literal[".", ","]:
    fmt = TableFormat(delimiter=delimiter)
    cells = (cell.strip() for line in lines for cell in split_line(line, fmt)[0])
    marks = Counter(
        found.group(1)
        for cell in cells
        if (found := _NUMBER.fullmatch(cell)) and not _THOUSANDS.fullmatch(cell)
    )
    return "," if marks[","] > marks["."] else "."
