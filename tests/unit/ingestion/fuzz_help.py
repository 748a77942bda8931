"""Dirty files for the fuzz test: the generated sources cut short, and what may happen to their bytes.

Every change is drawn from a seeded generator, so that a case is named by its entry and its number.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import openpyxl
from generated_help import demo_catalog, entries, made
from parsing_help import make_catalog, make_cohort

from ingestion.catalog.cohorts import Catalog, Cohort, Reference
from ingestion.catalog.source_files import SourceFile
from ingestion.fetching.addresses import mirror_path

#: What unpacking raises after an earlier fault of the same case; such bytes go on as they are.
DAMAGED = (
    EOFError, LookupError, NotImplementedError, OSError, RuntimeError, ValueError, struct.error, tarfile.TarError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
N_LINES, N_CHANNEL_LINES, N_COLUMNS = 30, 97, 8
_COPY_NUMBER = {
    "wide": "Hugo_Symbol\tEntrez_Gene_Id\tS1\tS2\nALK\t238\t2\t0\n\t7157\t-2\tNA\nKRAS\t3845\t-1.5\t1\n",
    "long": "Hugo_Symbol\tEntrez_Gene_Id\tSample_Id\tValue\nALK\t238\tS1\t2\n\t7157\tS2\t-2\nKRAS\t\tS2\t1\n",
}
ODD_CELLS = (
    "", " ", "NA", "nan", "inf", "-inf", "1_0", "1e999", "1e-320", "1,234.5", "1.234,5", "٣", "3", "gain", "-1.5",
    '"', '""', '"x', 'x"', "'", "a\tb", "a,b", "a;b", "\n", "\r", "\0", "\ufeff", "\ufffd", "\u2028", "#N/A", "#REF!",
    "=1+1", "2010-09-09", "01-mars", "12/31/1999", "A" * 5000, "9" * 400, "../..", "GENE(x:y)", "A;B", "TRUE", "{}",
)  # fmt: skip
_ODD_BYTES = (
    b"\xff",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"\x00",
    b"\x1a",
    b"\xe9",
    b"\x81",
    b"\r",
    b"\n\n",
    b'"',
    b"#version",
)
_ODD_XML = (
    b"<v>x</v>", b"&e;", b"&#0;", b"<", b'r="x"', b's="99999"', b't="q"', b't="e"', b't="d"', b't="s"', b"<f>1</f>",
    b'<row r="1048577">', b'<c r="XFE1"/>', b"]]>", b"-1", b"1E400",
)  # fmt: skip


@dataclass(frozen=True)
class Base:
    """A small sound file and the catalogue entry that reads it."""

    owner: Cohort | Reference
    file: SourceFile
    catalog: Catalog
    content: bytes

    @property
    def name(self) -> str:
        return f"{self.owner.owner_id}/{self.file.id}"


_FLAGS: dict[str, Any] = {
    "gene_flags": {"panel_id": "FLAGS", "genes": ["TP53"], "evidence": "invented"},
    "mutation_constants": {"variant_classification": "nonsynonymous of unstated class"},
}
_FLAG_TABLE = "ID\tTP53\n" + "".join(f"S{i}\t{i % 2}\n" for i in range(1, 25))


@cache
def names() -> tuple[str, ...]:
    """Of `bases`, without making them: every worker of the tests asks for the names, and most for no more."""
    of_catalogue = [f"{owner.owner_id}/{file.id}" for owner, file in entries() if not file.awaited]
    return (*of_catalogue, *(f"syn/{name}" for name in (*_COPY_NUMBER, "flags")))


@cache
def bases() -> tuple[Base, ...]:
    """One for every entry of the demo catalogue whose file is there, and of kinds of which it has none."""
    found = []
    for owner, file in entries():
        path = mirror_path(made().folder, file.addresses()[0])
        if path.exists():
            found.append(Base(owner, file, demo_catalog(), _cut(path.read_bytes(), file)))
    for name, text in _COPY_NUMBER.items():
        cohort = make_cohort({"id": name, "kind": "copy_number"})
        found.append(Base(cohort, cohort.files[0], make_catalog(cohort), text.encode()))
    flags = make_cohort({"id": "flags", "kind": "gene_flags", "sample_id": "ID"} | _FLAGS)
    found.append(Base(flags, flags.files[0], make_catalog(flags), _FLAG_TABLE.encode()))
    return tuple(found)


def _cut(data: bytes, file: SourceFile) -> bytes:
    if file.format.type == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(data))
        for sheet in book.worksheets:
            if sheet.max_row > N_LINES:  # from the middle: the rows of another cohort stand at the end
                sheet.delete_rows(N_LINES // 2, sheet.max_row - N_LINES)
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()
    if file.kind == "cbioportal_study":
        # Clinical tables, lists and panels stay whole: a study whose identifiers do not meet is refused.
        tables = ("data_mutations", "data_cna", "data_gene_matrix")
        return _packed(
            {
                name: _short(member, "\t") if any(table in name.lower() for table in tables) else member
                for name, member in _members(data).items()
            }
        )
    if file.kind == "gene_panels":
        panels = json.loads(data)
        return json.dumps([p | {"genes": p["genes"][:20]} for p in panels[:3]], indent=1).encode()
    text = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    is_matrix = file.kind in ("mutation_spectra", "signature_profiles", "expression")
    n_lines = N_CHANNEL_LINES if file.kind in ("mutation_spectra", "signature_profiles") else N_LINES
    short = _short(text, file.format.delimiter, n_lines, N_COLUMNS if is_matrix else None)
    return gzip.compress(short) if text is not data else short


def _short(data: bytes, delimiter: str, n_lines: int = N_LINES, n_columns: int | None = None) -> bytes:
    lines = data.splitlines(keepends=True)[:n_lines]
    if n_columns is None:
        return b"".join(lines)
    mark = delimiter.encode()
    return b"\n".join(mark.join(line.rstrip(b"\r\n").split(mark)[:n_columns]) for line in lines) + b"\n"


def _members(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        found = {entry.name: archive.extractfile(entry) for entry in archive.getmembers()}
        return {name: handle.read() for name, handle in found.items() if handle is not None}


def _packed(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def dirtied(base: Base, rng: random.Random) -> bytes:
    """The base with one to three faults: of its text, its XML, its archive or its bytes."""
    data = base.content
    for _ in range(rng.choice((1, 1, 2, 3))):
        if rng.random() < 0.1:  # packed or not, the bytes as they are
            data = _bytes_fault(data, rng)
        elif base.file.format.type == "xlsx":
            data = _workbook_fault(data, rng)
        elif base.file.kind == "cbioportal_study":
            data = _study_fault(data, rng)
        else:
            is_packed = data.startswith(b"\x1f\x8b")
            try:
                text = gzip.decompress(data) if is_packed else data
            except DAMAGED:
                return data
            if base.file.kind == "gene_panels" and rng.random() < 0.5:
                text = _json_fault(text, rng)
            else:
                text = _text_fault(text, base.file.format.delimiter, rng)
            data = gzip.compress(text, 1) if is_packed else text
    return data


def _bytes_fault(data: bytes, rng: random.Random) -> bytes:
    if not data:
        return data
    at, n = rng.randrange(len(data)), rng.randint(1, 40)
    kind = rng.randrange(5)
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data[:at] + data[at + n :]
    if kind == 2:
        return data[:at] + data[at : at + n] * 2 + data[at + n :]
    if kind == 3:
        return data[:at] + rng.choice(_ODD_BYTES) + data[at:]
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def _text_fault(data: bytes, delimiter: str, rng: random.Random) -> bytes:
    faults: list[Callable[[], bytes]] = [
        lambda: _bytes_fault(data, rng),
        lambda: _cell_fault(data, delimiter, rng),
        lambda: _cell_fault(data, delimiter, rng),
        lambda: _line_fault(data, delimiter, rng),
        lambda: _line_fault(data, delimiter, rng),
        lambda: data.replace(b"\n", rng.choice((b"\r", b"\r\n", b"\r\r\n", b"\n\n"))),
        lambda: data.replace(
            delimiter.encode(), rng.choice((b";", b",", b"\t", b" ", delimiter.encode() * 2))
        ),
        lambda: data.decode("utf-8", "replace").encode(
            rng.choice(("utf-16", "utf-16-le", "utf-8-sig", "utf-7"))
        ),
    ]
    return rng.choice(faults)()


def _cell_fault(data: bytes, delimiter: str, rng: random.Random) -> bytes:
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    cells = lines[at].split(delimiter.encode())
    cells[rng.randrange(len(cells))] = rng.choice(ODD_CELLS).encode("utf-8")
    if rng.random() < 0.3:  # two quotes at some distance
        other = min(len(lines) - 1, at + rng.randint(0, 25))
        lines[other] += b'"'
        cells[-1] = b'"' + cells[-1]
    lines[at] = delimiter.encode().join(cells) if lines[at] else lines[at]
    return b"\n".join(lines)


def _line_fault(data: bytes, delimiter: str, rng: random.Random) -> bytes:
    lines = data.split(b"\n")
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.randrange(6)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(at, lines[other])
    elif kind == 2:
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 3:
        lines[at] += delimiter.encode() * rng.randint(1, 3) + rng.choice((b"", b"x"))
    elif kind == 4:
        lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
    else:
        lines.insert(at, rng.choice((b"", b"# remark", delimiter.encode() * 3, b"Note: see text")))
    return b"\n".join(lines)


def _workbook_fault(data: bytes, rng: random.Random) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except DAMAGED:
        return data
    sheets = [name for name in members if "/sheet" in name or "sharedStrings" in name]
    name = rng.choice(sheets) if sheets and rng.random() < 0.8 else rng.choice(sorted(members))
    kind, xml = rng.randrange(5), members[name]
    at = rng.randrange(len(xml) + 1)
    if kind == 0:
        del members[name]
    elif kind == 1:
        members[name] = xml[:at] + rng.choice(_ODD_XML) + xml[at:]
    elif kind == 2:  # an attribute or a value with something else in it
        pieces = xml.split(b'"')
        place = rng.randrange(len(pieces))
        pieces[place] = rng.choice((b"x", b"-1", b"", b"99999999", b"1.5", b"A", *_ODD_XML))
        members[name] = b'"'.join(pieces)
    elif kind == 3:  # a tag or a value taken out
        pieces = xml.split(b"<")
        del pieces[rng.randrange(len(pieces))]
        members[name] = b"<".join(pieces)
    else:
        members[name] = _bytes_fault(xml, rng)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return out.getvalue()


def _json_fault(data: bytes, rng: random.Random) -> bytes:
    """Some value with another shape in its place."""
    places = [match.start(1) for match in re.finditer(rb'[:,\[]\s*("|\d|\{|\[)', data)]
    if not places:
        return data
    at = rng.choice(places)
    odd = (b"null", b"[]", b"{}", b"5", b"9" * 5000, b"NaN", b'"x"', b"true", b"[" * 100_000, b'{"genes": 1}')
    end = at + 1 + len(re.match(rb"[^,\]}]*", data[at + 1 :])[0])  # type: ignore[index]
    return data[:at] + rng.choice(odd) + data[end:]


def _study_fault(data: bytes, rng: random.Random) -> bytes:
    try:
        members = _members(data)
    except DAMAGED:
        return data
    name = rng.choice(sorted(members))
    kind = rng.randrange(8)
    if kind == 0:
        del members[name]
    elif kind == 1:
        members[rng.choice((name + ".bak", "other/" + name, name.upper()))] = members.pop(name)
    elif kind == 2:
        members[name] = b""
    else:
        members[name] = _text_fault(members[name], "\t", rng)
    return _packed(members)
