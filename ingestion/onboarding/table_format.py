"""How a table that nobody has described is written: delimiter, encoding, header row, decimal mark, missing words."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import Literal

from openpyxl import load_workbook

from ingestion.catalog.columns import TableFormat
from ingestion.errors import ParseError
from ingestion.fetching.archives import check_kind, open_gzip
from ingestion.reading.delimited import split_line
from ingestion.reading.workbooks import one_sentence

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
#: Bytes and lines that are looked at.
_HEAD = 1 << 20
_LINES = 200
_NUMBER = re.compile(r"[+-]?\d+([.,])\d+")
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
    encoding = _encoding(data)
    lines = data.decode(encoding, errors="replace").splitlines()[:_LINES]
    comment = "#" if lines and lines[0].startswith("#") else None
    plain = [line for line in lines if not (comment and line.startswith(comment))]
    delimiter, width = _delimiter(plain, path)
    header = next(i for i, line in enumerate(lines, start=1) if _n_marks(line, delimiter) == width)
    return TableFormat(
        delimiter=delimiter,
        encoding=encoding,
        header_row=1 if comment else header,
        comment=comment,
        decimal=_decimal(plain, delimiter),
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
        widths = {
            sheet.title: [
                sum(cell is not None for cell in row)
                for row in sheet.iter_rows(max_row=_LINES, values_only=True)
            ]
            for sheet in book.worksheets
        }
        book.close()
    sheet = max(widths, key=lambda title: sum(widths[title]))
    filled = Counter(width for width in widths[sheet] if width)
    usual = max(filled, key=lambda width: (filled[width] * width, width), default=0)
    # a header may name a column that most rows leave empty, and a row may fill one without a name
    header = next(
        (i for i, width in enumerate(widths[sheet], start=1) if width * 10 >= usual * 8 and width), 1
    )
    return TableFormat(type="xlsx", sheet=sheet, header_row=header)


def with_missing(fmt: TableFormat, cells: list[str]) -> TableFormat:
    """The format with the words for missing that occur in the table beside the usual ones."""
    found = {cell for cell in cells if cell.lower() in _MISSING} - set(fmt.missing)
    return fmt.model_copy(update={"missing": (*fmt.missing, *sorted(found))}) if found else fmt


def _encoding(data: bytes) -> str:
    try:
        data[: data.rfind(b"\n") + 1 or None].decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _n_marks(line: str, mark: str) -> int:
    """How often a mark parts cells: one within quotes ("1,200") does not."""
    return len(split_line(line, TableFormat(delimiter=mark))[0]) - 1


def _delimiter(lines: list[str], path: Path) -> tuple[str, int]:
    """The mark that parts most lines into one and the same number of columns, and how often it stands in each."""
    best, most = ("", 0), 0
    for mark in ("\t", ";", ",", "|"):
        counts = Counter(n for line in lines if (n := _n_marks(line, mark)))
        if counts:
            width, n_lines = counts.most_common(1)[0]
            if n_lines * width > most:
                best, most = (mark, width), n_lines * width
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
