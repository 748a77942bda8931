"""The careful reader of delimited text: any line end, stray quotes, odd bytes, short and long rows.

It follows the physical lines, so that every row keeps its true line number and one broken line cannot take
its neighbours with it. Big well-formed files go through ``fast_delimited``, which must give the same answer.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingestion.catalog.columns import TableFormat
from ingestion.errors import ParseError
from ingestion.reading.table_model import ParsedTable, RejectedRow, Select, TableBuilder, shorten, with_notes

_NUL, _REPLACEMENT = "\0", "\ufffd"
#: UTF-16 and UTF-32 without a mark have a NUL in half of their bytes or more; in text they are a transfer's damage.
_MOST_NULS = 0.2
#: A quoted cell may run over this many lines; a quote that stays open longer is a stray character.
MAX_LINES_PER_ROW = 20
#: MAF writes its version above the header; no table has it as a column.
MAF_VERSION = "#version"
#: What a spreadsheet writes in a cell whose formula failed.
ERROR_CELL = re.compile(r"#(N/A|REF!|NAME\?|VALUE!|DIV/0!|NUM!|NULL!|SPILL!|CALC!)", re.IGNORECASE)


def read_delimited(
    data: bytes, fmt: TableFormat, where: str, select: Select | None = None, *, missing_as_null: bool = False
) -> ParsedTable:
    """Read a whole delimited table; parameters and errors as `ingestion.reading.tables.read_table`."""
    lines, notes = physical_lines(data, fmt.encoding, where)
    start = header_line(lines, fmt, where)
    if fmt.has_header:
        header, n_lines = _header_cells(lines, start, fmt, notes)
    else:
        header, n_lines = list(fmt.names), 0
    builder = TableBuilder(header, where)
    for row, cells, text in _rows(lines, start + n_lines, len(header), fmt, notes):
        builder.add(row, [cell or None for cell in cells], text)
    return with_notes(builder.finish(select, fmt.missing if missing_as_null else ()), notes)


def physical_lines(data: bytes, encoding: str, where: str) -> tuple[list[str], list[RejectedRow]]:
    """The lines of a text, whatever ends them (LF, CRLF, CR, or a mixture), and notes on odd bytes.

    A line that is no text in the declared encoding is read as Windows-1252 (a superset of Latin-1's letters)
    and noted, never lost.

    Raises
    ------
    ParseError : no such encoding, or the text is UTF-16 and nothing says so.
    """
    name = _encoding_name(encoding, where)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        name = "utf-16"
    if name.startswith(("utf-16", "utf-32")):
        try:
            data, name = data.decode(name).encode("utf-8", "replace"), "utf-8"
        except UnicodeDecodeError as error:
            raise ParseError(
                f"it begins as {name.upper()} but is not ({error.reason})",
                file=where,
                remedy="fetch the file again, or correct format.encoding",
            ) from error
    if data.count(b"\0") > _MOST_NULS * len(data):
        raise ParseError(
            "more than a fifth of its bytes are NUL, as in UTF-16 without a mark",
            file=where,
            remedy="declare format.encoding (utf-16-le or utf-16-be), or fetch the file again",
        )
    data = data.removeprefix(codecs.BOM_UTF8)
    # A file that went through a text-mode transfer twice has CR CR LF: one line end, not a blank line.
    pieces = data.replace(b"\r\r\n", b"\r\n").splitlines()
    lines: list[str] = []
    notes: list[RejectedRow] = []
    try:
        lines = b"\n".join(pieces).decode(name).split("\n") if pieces else []
    except UnicodeError:
        lines = []
    if len(lines) != len(pieces):  # an odd byte, or an encoding whose characters hold bytes of line ends
        lines, notes = _decode_line_by_line(pieces, name)
    return _without_nuls(lines, notes) if b"\0" in data else (lines, notes)


def _encoding_name(encoding: str, where: str) -> str:
    try:
        "".encode(encoding)  # codecs.lookup also knows codecs that are no text encodings, such as base64
        return codecs.lookup(encoding).name
    except (LookupError, UnicodeError, ValueError) as error:
        raise ParseError(
            f"'{encoding}' is not the name of an encoding", file=where, remedy="correct format.encoding"
        ) from error


def _without_nuls(lines: list[str], notes: list[RejectedRow]) -> tuple[list[str], list[RejectedRow]]:
    """NULs as replacement characters: 'AL\\0K' must not be read as ALK by anybody. A line of nothing else is empty."""
    kept = []
    for number, line in enumerate(lines, start=1):
        if _NUL in line:
            shown = line.replace(_NUL, _REPLACEMENT)
            at = line.index(_NUL)
            notes.append(
                RejectedRow(number, "nul_bytes", shown[max(0, at - 30) : at + 30], "NUL bytes in the line")
            )
            line = shown if line.strip(_NUL).strip() else ""
        kept.append(line)
    return kept, notes


def _decode_line_by_line(pieces: list[bytes], encoding: str) -> tuple[list[str], list[RejectedRow]]:
    lines, notes = [], []
    for number, piece in enumerate(pieces, start=1):
        try:
            lines.append(piece.decode(encoding))
        except UnicodeError as error:
            at = error.start if isinstance(error, UnicodeDecodeError) else 0
            lines.append(piece.decode("cp1252" if _is_cp1252(piece) else "latin-1"))
            message = f"byte {piece[at]:#04x} is not {encoding}; the line was read as Windows-1252"
            around = lines[-1][max(0, at - 30) : at + 30]
            notes.append(RejectedRow(number, "undecodable_bytes", around, message))
    return lines, notes


def _is_cp1252(piece: bytes) -> bool:
    return not any(byte in piece for byte in (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d"))


def is_comment(line: str, fmt: TableFormat) -> bool:
    """Whether a line above or inside the table is a comment rather than data.

    A row whose first cell is a spreadsheet's error (#REF!) is data.
    """
    if line.startswith(MAF_VERSION):
        return True
    is_marked = bool(fmt.comment) and line.startswith(str(fmt.comment))
    return is_marked and ERROR_CELL.fullmatch(line.partition(fmt.delimiter)[0].strip(' "')) is None


def header_line(lines: list[str], fmt: TableFormat, where: str) -> int:
    """0-based index of the header (of the first data line when there is no header)."""
    index = fmt.header_row - 1
    while index < len(lines) and (not lines[index].strip() or is_comment(lines[index], fmt)):
        index += 1
    if index >= len(lines):
        raise ParseError(
            f"there is no header at or below line {fmt.header_row}",
            file=where,
            remedy="check that the file is complete and that header_row is right in the cohort file",
        )
    return index


def _header_cells(
    lines: list[str], start: int, fmt: TableFormat, notes: list[RejectedRow]
) -> tuple[list[str], int]:
    """The header's cells and how many physical lines it takes (a quoted header cell may hold line ends), with a note
    where a quote is kept as a character. As among the rows, no cell over several lines that holds the
    delimiters of a whole row is believed: a stray quote would take the rows below it into the header."""
    cells, is_open = split_line(lines[start], fmt)
    if not is_open:
        return cells, 1
    text = lines[start]
    stray = "a quote opens a cell of the header and never closes it; it was kept as a character"
    as_it_is = RejectedRow(start + 1, "stray_quote", shorten(text), stray)
    for n in range(1, min(MAX_LINES_PER_ROW, len(lines) - start)):
        text += "\n" + lines[start + n]
        joined, still_open = split_line(text, fmt)
        if not still_open:
            after = lines[start + n + 1 : start + n + 2]
            width = len(split_line(after[0], fmt)[0]) if after else len(joined)
            longest = max(_n_delimiters(cell, fmt.delimiter) for cell in joined if "\n" in cell)
            swallows = len(joined) > 1 and longest >= len(joined) - 1
            if not swallows and (width == len(joined) or width != len(cells)):
                return joined, n + 1
            break
    notes.append(as_it_is)
    return cells, 1


def _rows(
    lines: list[str], start: int, width: int, fmt: TableFormat, notes: list[RejectedRow]
) -> Iterator[tuple[int, list[str], str]]:
    index = start
    while index < len(lines):
        line = lines[index]
        if is_comment(line, fmt):
            message = "a comment inside the table"
            notes.append(RejectedRow(index + 1, "footer_or_blank", shorten(line), message))
            index += 1
            continue
        row = _one_row(lines, index, width, fmt)
        if row.rule:
            notes.append(RejectedRow(index + 1, row.rule, shorten(row.text), row.message))
        yield index + 1, row.cells, row.text
        index += row.n_lines


@dataclass(frozen=True)
class _Row:
    """The cells of one row, its text over ``n_lines`` physical lines, and the rule of a note on it, if any."""

    cells: list[str]
    text: str
    n_lines: int = 1
    rule: str = ""
    message: str = ""


def _one_row(lines: list[str], index: int, width: int, fmt: TableFormat) -> _Row:
    line = lines[index]
    cells, is_open = split_line(line, fmt)
    if is_open:
        joined = _joined_row(lines, index, width, fmt)
        message = "a quote opens a cell and never closes it; it was kept as a character"
        return joined or _Row(cells, line, rule="stray_quote", message=message)
    if len(cells) < width and fmt.quoting and '"' in line:
        literal = line.split(fmt.delimiter)
        if len(literal) == width:
            message = (
                "two quotes enclose a delimiter and the row is short without it; they were kept as characters"
            )
            return _Row(literal, line, rule="stray_quote", message=message)
    return _Row(cells, line)


def _joined_row(lines: list[str], index: int, width: int, fmt: TableFormat) -> _Row | None:
    """The row whose quoted cell runs over several lines, or None where a stray quote would swallow rows.

    Only a reading that fits the header exactly may join lines, and none in which a cell over several lines holds the
    delimiters of a whole row: two stray quotes would take the rows between them out of the table.
    """
    text = lines[index]
    for n in range(1, min(MAX_LINES_PER_ROW, len(lines) - index)):
        text += "\n" + lines[index + n]
        joined, still_open = split_line(text, fmt)
        if still_open or len(joined) != width:
            continue
        longest = max(_n_delimiters(cell, fmt.delimiter) for cell in joined if "\n" in cell)
        if width > 1 and longest >= width - 1:
            return None
        message = f"lines {index + 1} to {index + n + 1} are one row: a quoted cell holds their ends"
        return _Row(joined, text, n + 1, "joined_lines", message)
    return None


def _n_delimiters(cell: str, delimiter: str) -> int:
    """Delimiters in a cell; a comma or semicolon before a blank is prose."""
    if delimiter in (",", ";"):
        return len(re.findall(delimiter + "(?! )", cell))
    return cell.count(delimiter)


def split_line(line: str, fmt: TableFormat) -> tuple[list[str], bool]:
    """The cells of one line, and whether a quoted cell is still open at its end.

    A quote counts only at the beginning of a cell, and closes it only before a delimiter or the end; two
    quotes stand for one. A quote that never closes is a character of its cell.
    """
    delimiter = fmt.delimiter
    if not fmt.quoting or '"' not in line:
        return line.split(delimiter), False
    cells: list[str] = []
    position, is_open = 0, False
    while True:
        if line.startswith('"', position):
            end = _closing_quote(line, position + 1, delimiter)
            if end >= 0:
                cells.append(line[position + 1 : end].replace('""', '"'))
                position = end + 1
                if position >= len(line):
                    return cells, is_open
                position += len(delimiter)
                continue
            is_open = True
        end = line.find(delimiter, position)
        if end < 0:
            cells.append(line[position:])
            return cells, is_open
        cells.append(line[position:end])
        position = end + len(delimiter)


def _closing_quote(line: str, position: int, delimiter: str) -> int:
    """Index of the quote that closes the cell which begins at ``position``; -1 when none does."""
    while (at := line.find('"', position)) >= 0:
        if line.startswith('"', at + 1):
            position = at + 2
        elif at + 1 == len(line) or line.startswith(delimiter, at + 1):
            return at
        else:
            position = at + 1
    return -1
