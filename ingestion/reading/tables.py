"""From the bytes of one declared table to named columns of text, each row with its line number.

A pure function of bytes and format: nothing is fetched, renamed, cast or interpreted here.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ingestion.catalog.columns import TableFormat
from ingestion.fetching.archives import check_kind, open_gzip
from ingestion.fetching.store import storage_errors
from ingestion.reading.delimited import read_delimited
from ingestion.reading.fast_delimited import read_fast
from ingestion.reading.table_model import ParsedTable, RejectedRow, Select
from ingestion.reading.workbooks import read_workbook

__all__ = ["ParsedTable", "RejectedRow", "read_table"]

_GZIP = b"\x1f\x8b"
#: Below this the careful reader is as quick, and starting Arrow's threads is not worth it.
_FAST_FROM_BYTES = 256 << 10


def read_table(
    content: Path | bytes,
    fmt: TableFormat,
    where: str,
    *,
    select: Select | None = None,
    missing_as_null: bool = False,
    fast: bool | None = None,
) -> ParsedTable:
    """Read one table.

    Parameters
    ----------
    content : a file or its bytes; gzip is recognised by itself.
    fmt : how it is written (delimiter, encoding, header row, sheet ...).
    where : the file's name as the user knows it, for errors.
    select : given the header, the columns to keep; None keeps all.
    missing_as_null : ``fmt.missing`` words become null besides empty cells. Exact words only; a clinical
        table leaves this off, because there the source's own word is kept.
    fast : try the fast reader first; None decides by size. Both readers give the same table.

    Raises
    ------
    ParseError : no header, no such sheet, or a header that does not fit the rows; names file and remedy.
    NotTheExpectedFileError, TruncatedError, TooLargeError, UnsafeArchiveError : damaged or foreign content.
    """
    if fmt.type == "xlsx":
        return read_workbook(content, fmt, where, select, missing_as_null=missing_as_null)
    head = _head(content)
    if not head.startswith(_GZIP):
        check_kind(content, None, source=where)
    if fast or (fast is None and _size(content) >= _FAST_FROM_BYTES):
        with _unpacked(content, head, where) as stream:
            table = read_fast(stream, fmt, select, missing_as_null=missing_as_null)
        if table is not None:
            return table
    with _unpacked(content, head, where) as stream:
        data = stream.read()
    return read_delimited(data, fmt, where, select, missing_as_null=missing_as_null)


@contextmanager
def _unpacked(content: Path | bytes, head: bytes, where: str) -> Iterator[IO[bytes]]:
    if head.startswith(_GZIP):
        with open_gzip(content, source=where) as stream:
            yield stream
    elif isinstance(content, bytes):
        yield io.BytesIO(content)
    else:
        with storage_errors(content.parent):
            handle = content.open("rb")
        with handle:
            yield handle


def _head(content: Path | bytes) -> bytes:
    if isinstance(content, bytes):
        return content[:2]
    with storage_errors(content.parent), content.open("rb") as handle:
        return handle.read(2)


def _size(content: Path | bytes) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size
