"""Lines of the stored source files by file, member and row number, read without any of the project's parsers."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import tarfile
from functools import cache
from pathlib import Path

import openpyxl


@cache
def source_lines(store: Path, sha256: str, address: str, member: str | None) -> tuple[str, ...]:
    """Every physical line of a text, or every row of a sheet with its cells joined by tabs; the first is line 1.

    The bytes are those of the content-addressed store (of the private one, if the file has private columns), and are
    what their name says.
    """
    name = Path("sha256") / sha256[:2] / sha256
    place = store / name
    content = (place if place.exists() else store.parent / "private" / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == sha256
    if content.startswith(b"PK"):  # a workbook; GDC's addresses have no suffix
        sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)[str(member)]
        rows = sheet.iter_rows(values_only=True)
        return tuple("\t".join("" if cell is None else str(cell) for cell in row) for row in rows)
    if address.endswith(".tar.gz"):
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            handle = archive.extractfile(str(member))
            assert handle is not None
            content = handle.read()
    elif content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    # Latin-1 reads any byte, and identifiers are ASCII; line ends are CRLF, LF and CR, sometimes within one study
    return tuple(re.split("\r\n|\n|\r", content.decode("latin-1")))
