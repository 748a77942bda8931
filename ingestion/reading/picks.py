"""How the catalogue's ``Pick`` and ``keep_rows`` are applied to a table's columns.

Every rule here depends on the value alone, so it runs once for each distinct value: 10,000 barcodes instead
of two million rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.catalog.columns import Pick
from ingestion.errors import ParseError
from ingestion.reading.table_model import Cell, ParsedTable, find_column, require_column


def map_distinct(column: pa.ChunkedArray, change: Callable[[str], Cell]) -> pa.ChunkedArray:
    """Apply ``change`` to every value of a string column; nulls stay."""
    encoded = column.dictionary_encode().unify_dictionaries()
    if not encoded.num_chunks:
        return column
    before: list[Cell] = encoded.chunk(0).dictionary.to_pylist()
    after = [None if value is None else change(value) for value in before]
    if before == after:
        return column
    changed = pa.array(after, pa.string())
    return pa.chunked_array([changed.take(chunk.indices) for chunk in encoded.chunks], pa.string())


def filled(column: pa.ChunkedArray, missing: Collection[str]) -> pa.ChunkedArray:
    """The column without surrounding blanks, null where a missing word or nothing stands."""
    trimmed = pc.utf8_trim_whitespace(column)
    if pc.sum(pc.binary_length(trimmed)) == pc.sum(pc.binary_length(column)):
        trimmed = column  # nothing was trimmed: two columns of two million rows need not lie in memory
    is_absent = pc.is_in(trimmed, value_set=pa.array(sorted({"", *missing}), pa.string()))
    if not pc.any(is_absent).as_py():
        return trimmed
    return pc.if_else(is_absent, pa.scalar(None, pa.string()), trimmed)


def pick_columns(columns: Collection[str], pick: Pick) -> list[str]:
    """The columns that a pick reads and the table has, in the pick's order."""
    return [found for name in pick.columns if (found := find_column(list(columns), name)) is not None]


def pick_column(
    table: ParsedTable, pick: Pick, missing: Collection[str], where: str, key: str
) -> pa.ChunkedArray:
    """One value a row, as a string column.

    Raises
    ------
    ParseError : none of the pick's columns is there; names the file, the key and the columns there are.
    """
    found = pick_columns(table.columns, pick)
    if not found:
        require_column(table.columns, pick.columns[0], where, key)
    parts = [filled(table.frame.column(name), missing) for name in found]
    first = parts[0] if len(parts) == 1 else pc.coalesce(*parts)
    is_plain = not (pick.pattern or pick.template or pick.corrections or pick.each)
    return first if is_plain else map_distinct(first, pick.read)


def rows_that_match(
    table: ParsedTable, wanted: Mapping[str, Collection[str]], where: str, key: str
) -> pa.ChunkedArray:
    """Boolean column: every named column holds one of its values (surrounding blanks do not count)."""
    if not wanted:
        raise ValueError("no columns to match")
    verdict = None
    for name, values in wanted.items():
        column = require_column(table.columns, name, where, f"{key}.{name}")
        text = filled(table.frame.column(column), ())
        hits = pc.fill_null(pc.is_in(text, value_set=pa.array(sorted(values), pa.string())), False)
        verdict = hits if verdict is None else pc.and_(verdict, hits)
    return verdict


def only_matching(table: ParsedTable, keep_rows: Mapping[str, Collection[str]], where: str) -> ParsedTable:
    """The rows that ``keep_rows`` of the catalogue names; all of them when it names none.

    Raises
    ------
    ParseError : the column is not there, or no row is left: then a value is misspelt or the source changed.
    """
    if not keep_rows:
        return table
    frame = table.frame.filter(rows_that_match(table, keep_rows, where, "keep_rows"))
    if frame.num_rows == 0 and table.frame.num_rows:
        wanted = "; ".join(f"{column}: {', '.join(values)}" for column, values in keep_rows.items())
        raise ParseError(
            f"no row matches keep_rows ({wanted})", file=where, remedy="correct the values in the cohort file"
        )
    return ParsedTable(table.columns, frame, table.rejected)
