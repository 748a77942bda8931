"""The fast reader of big well-formed delimited text (MC3: 2.1 million rows in about half a second).

Arrow parses the unpacked stream in parallel while every block is inspected. Whatever is odd (a quote, a
lone CR, a comment, a row of another width, a byte that is not UTF-8, a footer, a repeated header) ends the
attempt: `read_fast` answers None and the careful reader ``delimited`` has the word. So both give the same
table.
"""

from __future__ import annotations

import codecs
import re
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from ingestion.catalog.columns import TableFormat
from ingestion.reading.delimited import MAF_VERSION, is_comment, split_line
from ingestion.reading.table_model import ParsedTable, Select, column_names

_BLOCK_BYTES = 8 << 20  # enough to keep two parser threads busy, small beside the 0.8 GB allowed for MC3


class _OddError(Exception):
    """The text is not plain enough for this reader."""


def read_fast(
    stream: IO[bytes],
    fmt: TableFormat,
    select: Select | None = None,
    *,
    missing_as_null: bool = False,
) -> ParsedTable | None:
    """Read a table of at least one row, or None when the careful reader must have it.

    Errors of the stream itself (damaged gzip data, a size limit) pass through.
    """
    if not _is_utf8(fmt.encoding) or not fmt.has_header or len(fmt.delimiter) != 1:
        return None
    inspected = _InspectedStream(stream, fmt)
    try:
        header, n_above = inspected.take_header()
        table = _parse(inspected, header, fmt, select, missing_as_null=missing_as_null)
    except (_OddError, pa.ArrowInvalid):
        if inspected.failure is not None:
            raise inspected.failure from None
        return None
    if inspected.failure is not None:
        raise inspected.failure
    is_whole = inspected.is_at_end and table.num_rows == inspected.n_lines
    if inspected.is_odd or not is_whole or table.num_rows == 0 or _may_hold_more_than_data(table, header):
        return None
    names = column_names(header)
    wanted = [i for i, name in enumerate(names) if select is None or name in set(select(names))]
    rows = pa.array(np.arange(n_above + 1, n_above + 1 + table.num_rows, dtype=np.int64))
    arrays = [table.column(str(i)) for i in wanted]
    kept = tuple(names[i] for i in wanted)
    return ParsedTable(kept, pa.table([*arrays, rows], names=[*kept, "source_row"]))


def _is_utf8(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name == "utf-8"
    except LookupError:  # the careful reader has the sentence for it
        return False


def _parse(
    stream: _InspectedStream,
    header: list[str],
    fmt: TableFormat,
    select: Select | None,
    *,
    missing_as_null: bool,
) -> pa.Table:
    # Positions instead of names: a header may repeat a name. The first column is read in any case, to find
    # footers and repeated headers.
    positions = [str(i) for i in range(len(header))]
    names = column_names(header)
    chosen = set(names if select is None else select(names))
    included = [p for p, name in zip(positions, names, strict=True) if name in chosen or p == "0"]
    return csv.read_csv(
        pa.PythonFile(stream, mode="r"),
        read_options=csv.ReadOptions(column_names=positions, block_size=_BLOCK_BYTES),
        parse_options=csv.ParseOptions(
            delimiter=fmt.delimiter,
            quote_char=False,
            double_quote=False,
            escape_char=False,
            newlines_in_values=False,
            ignore_empty_lines=False,
        ),
        convert_options=csv.ConvertOptions(
            column_types={p: pa.string() for p in included},
            include_columns=included,
            strings_can_be_null=True,
            null_values=sorted({"", *(fmt.missing if missing_as_null else ())}),
        ),
    )


def _may_hold_more_than_data(table: pa.Table, header: list[str]) -> bool:
    """Whether some row could be a footer, blank or the header again; the careful reader then decides."""
    first = table.column("0")
    words = [re.escape(word) for word in header[0].split()]
    if not words:
        repeats = pc.fill_null(pc.utf8_is_space(first), True)
    elif len(words) > 1:
        repeats = pc.match_substring_regex(first, r"^\s*" + r"\s+".join(words) + r"\s*$")
    else:
        repeats = pc.equal(pc.utf8_trim_whitespace(first), header[0].strip())
    if pc.any(repeats).as_py():
        return True
    others = [name for name in table.column_names if name != "0"] or ["0"]
    empty = None
    for name in others:
        column = table.column(name)
        blank = pc.fill_null(pc.utf8_is_space(column), True)
        if not pc.any(blank).as_py():
            return False
        empty = blank if empty is None else pc.and_(empty, blank)
    return bool(pc.any(empty).as_py())


class _InspectedStream:
    """A binary stream for Arrow that notes anything that is not plain; it ends the stream at once."""

    def __init__(self, stream: IO[bytes], fmt: TableFormat) -> None:
        self._stream = stream
        self._fmt = fmt
        self._comments = sorted({(fmt.comment or MAF_VERSION).encode(), MAF_VERSION.encode()})
        self._is_at_line_start = True
        self.closed = False
        self.is_odd = False
        self.is_at_end = False
        self.n_lines = 0
        self.failure: Exception | None = None

    def take_header(self) -> tuple[list[str], int]:
        """The header's cells and the number of physical lines down to it."""
        number = 0
        while line := self._stream.readline():
            number += 1
            text = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
            plain = text.removesuffix(b"\n").removesuffix(b"\r")
            if b"\r" in plain or b"\0" in plain or text.startswith(codecs.BOM_UTF16_LE):
                raise _OddError
            try:
                shown = plain.decode("utf-8")
            except UnicodeDecodeError as error:
                raise _OddError from error
            if number >= self._fmt.header_row and shown.strip() and not is_comment(shown, self._fmt):
                # Quotes in the header alone are no reason to read two million cells the slow way.
                cells, is_open = split_line(shown, self._fmt)
                if is_open:
                    raise _OddError
                return cells, number
        raise _OddError

    def read(self, n_bytes: int) -> bytes:
        """At most ``n_bytes`` inspected bytes; none at the end, after something odd or an error."""
        if self.is_odd:
            return b""
        try:
            block = self._stream.read(n_bytes - 1)
            if block.endswith(b"\r"):
                # Arrow takes a block that is nothing but the LF of a CRLF for the end of the file.
                block += self._stream.read(1)
        except (
            Exception
        ) as error:  # Arrow's reading thread would change its type: kept, and raised afterwards
            self.failure, self.is_odd = error, True
            return b""
        self.is_at_end = not block
        self.is_odd = (
            self._has_quote(block) or self._has_lone_cr(block) or b"\0" in block or self._has_comment(block)
        )
        n_line_ends = block.count(b"\n")
        ends_a_line = block.endswith(b"\n") if block else True
        # A line counts where it begins.
        self.n_lines += n_line_ends + (self._is_at_line_start and bool(block)) - (ends_a_line and bool(block))
        self._is_at_line_start = ends_a_line if block else self._is_at_line_start
        return b"" if self.is_odd else block

    def close(self) -> None:
        self.closed = True

    def _has_quote(self, block: bytes) -> bool:
        return self._fmt.quoting and b'"' in block

    @staticmethod
    def _has_lone_cr(block: bytes) -> bool:
        return b"\r" in block and block.count(b"\r") != block.count(b"\r\n")

    def _has_comment(self, block: bytes) -> bool:
        """Whether some line begins like a comment, also one that the block's end cuts in two."""
        for comment in self._comments:
            if comment[:1] not in block:  # one character is found 30 times faster than two
                continue
            if b"\n" + comment in block or (self._is_at_line_start and block.startswith(comment)):
                return True
            cut = block[-len(comment) :].rpartition(b"\n")
            if cut[1] and cut[2] and comment.startswith(cut[2]):
                return True
        return False
