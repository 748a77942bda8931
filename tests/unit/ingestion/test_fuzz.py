"""Dirty files through every parser: no untyped error, and every row that was read is a row or a reason.

Seed `SEED`; `N_FILES` files in the suite (about 10 s), more with ICB_FUZZ=<number of files>. A failing case is named by
its entry and number: `dirtied(base, random.Random(f"{SEED}/{name}/{number}"))` gives its bytes again.
"""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pyarrow as pa
import pytest
from fuzz_help import Base, bases, dirtied, names

from ingestion.catalog.columns import TableFormat
from ingestion.errors import IngestionError
from ingestion.raw_tables import PARSERS, SourceBytes, parse_cohort_file
from ingestion.reading.delimited import _header_cells, header_line, physical_lines
from ingestion.reading.tables import ParsedTable, _unpacked, read_table

SEED = 20_261_129
N_FILES = int(os.environ.get("ICB_FUZZ", "600"))
#: Kinds whose raw table has a row for every row of the file.
ROW_BY_ROW = {"mutations": "mutations", "copy_number_segments": "copy_number_segments"}


def parsed(base: Base, data: bytes, folder: Path) -> dict[str, pa.Table] | None:
    """The raw tables, or None where the file was refused in one sentence."""
    path = folder / "file"
    path.write_bytes(data)
    sources = [SourceBytes(base.file.addresses()[0], "0" * 64, path)]
    try:
        return parse_cohort_file(base.owner, base.file, sources, base.catalog)
    except IngestionError as error:
        text = str(error)
        assert text.endswith(".") and "\n" not in text and len(text) < 2000, text
        return None


def read(base: Base, data: bytes) -> ParsedTable | None:
    try:
        return read_table(data, base.file.format, "f")
    except IngestionError:
        return None


def uncovered_lines(data: bytes, fmt: TableFormat, table: ParsedTable) -> set[int]:
    """Physical lines below the header that are neither a row, nor part of one, nor rejected."""
    with _unpacked(data, data[:2], "f") as stream:
        lines, _ = physical_lines(stream.read(), fmt.encoding, "f")
    start = header_line(lines, fmt, "f")
    n_header = _header_cells(lines, start, fmt, [])[1] if fmt.has_header else 0
    below = set(range(start + n_header + 1, len(lines) + 1)) - set(table.rows())
    for note in table.rejected:
        joined = re.match(r"lines (\d+) to (\d+) are one row", note.message)
        if joined:
            below -= set(range(int(joined[1]), int(joined[2]) + 1))
        elif note.source_row is not None:
            below -= set(range(note.source_row, note.source_row + note.n_rows))
    return below


def test_the_corpus_has_a_file_for_every_parser_and_each_is_read_without_a_fault(tmp_path: Path) -> None:
    assert {base.file.kind for base in bases()} == {*PARSERS, "cbioportal_study"}
    assert tuple(base.name for base in bases()) == names(), "each has its dirty files below"
    for base in bases():
        tables = parsed(base, base.content, tmp_path)
        assert tables is not None and any(t.num_rows for n, t in tables.items() if n != "source_files"), (
            base.name
        )


@pytest.mark.parametrize("name", names())
def test_a_dirty_file_is_read_or_refused_in_one_sentence_and_loses_no_row_in_silence(
    name: str, tmp_path: Path
) -> None:
    base = bases()[names().index(name)]
    for number in range(N_FILES // len(bases())):
        case = f"{SEED}/{base.name}/{number}"
        data = dirtied(base, random.Random(case))
        tables = parsed(base, data, tmp_path)
        table = (
            read(base, data)
            if base.file.kind not in ("cbioportal_study", "gene_panels", "case_list")
            else None
        )
        if table is None:
            continue
        is_text = base.file.format.type == "delimited" and base.file.kind != "gene_sets"
        assert not is_text or not uncovered_lines(data, base.file.format, table), case
        if tables is not None and (raw := ROW_BY_ROW.get(base.file.kind)) and not base.file.keep_rows:
            kept = set(tables[raw].column("source_row").to_pylist())
            rejected = set(tables["rejected_rows"].column("source_row").to_pylist())
            assert set(table.rows()) <= kept | rejected, case
