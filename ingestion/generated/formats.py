"""Deterministic bytes: text tables, gzip, tarballs and workbooks with every clock taken out.

The same input gives the same sha256 on the same interpreter. What the tables say does not belong here.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import tarfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import openpyxl

Row = Sequence[str]

SYNTHETIC = "SYNTHETIC"
NOTICE = "SYNTHETIC data made by this project; no patient is real"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip member can carry
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")


def plain(rows: Iterable[Row], delimiter: str = "\t") -> str:
    """Delimited text without quoting: cells are written as they are."""
    return "".join(delimiter.join(row) + "\n" for row in rows)


def quoted(rows: Iterable[Row], *, delimiter: str = ",") -> str:
    """Delimited text in which cells that hold a delimiter, quote or line end are quoted."""
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def gzipped(content: bytes) -> bytes:
    """gzip with no time and no name inside."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0, compresslevel=6) as stream:
        stream.write(content)
    return buffer.getvalue()


def tarball(folder: str, members: Mapping[str, str]) -> bytes:
    """A .tar.gz of text members under one folder, in the given order, owned by nobody at time 0."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, text in members.items():
            content = text.encode("utf-8")
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size, entry.mode, entry.mtime = len(content), 0o644, 0
            archive.addfile(entry, io.BytesIO(content))
    return gzipped(buffer.getvalue())


def workbook(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """An .xlsx with the given rows a sheet; None leaves a cell empty."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    book.properties.creator = SYNTHETIC
    book.properties.created = datetime(2000, 1, 1)
    buffer = io.BytesIO()
    book.save(buffer)
    return _without_clock(buffer.getvalue())


def _without_clock(content: bytes) -> bytes:
    # openpyxl stamps the time of saving on every member and into the document's properties.
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w") as rewritten:
        for name in sorted(source.namelist()):
            data = source.read(name)
            if name == "docProps/core.xml":
                data = _MODIFIED.sub(rb"\g<1>2000-01-01T00:00:00Z\g<2>", data)
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            rewritten.writestr(info, data)
    return target.getvalue()


def comma(value: float, digits: int = 2) -> str:
    """A number with a fixed number of decimals behind a comma."""
    return f"{value:.{digits}f}".replace(".", ",")
