"""Collects parsed rows into the raw tables, column for column as ``raw_schema`` says.

What goes into which row is the parsers' business; here is only the shape, and where a row came from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import pyarrow as pa

from ingestion.raw_schema import LOSING_RULES, RAW_TABLES, REJECTION_RULES
from ingestion.reading.table_model import RejectedRow

#: A constant for every row, one value a row, or an Arrow column.
ColumnInput: TypeAlias = str | Sequence[str | int | None] | pa.Array | pa.ChunkedArray | None

_CONSTANT_BLOCK = 1 << 16


@dataclass(frozen=True)
class SourceRef:
    """Where rows come from: cohort, the file's entry in the catalogue, and the file or archive member.

    ``where`` is the member or address as the user knows it; ``member`` is "" for a plain file and the sheet's
    name for a workbook.
    """

    cohort_id: str
    file_id: str
    address: str
    member: str = ""

    @property
    def source_file_id(self) -> str:
        """First 16 hexadecimal digits of the sha256 of ``address#member``."""
        return hashlib.sha256(f"{self.address}#{self.member}".encode()).hexdigest()[:16]

    @property
    def where(self) -> str:
        return f"{self.address} ({self.member})" if self.member else self.address


def arrow_schema(table: str) -> pa.Schema:
    """The Arrow schema of a raw table: ``source_row`` int64, all else string."""
    return pa.schema(
        [(name, pa.int64() if name == "source_row" else pa.string()) for name in RAW_TABLES[table]]
    )


@dataclass
class RawTables:
    """The raw tables of one catalogue file while they grow."""

    _parts: dict[str, list[pa.Table]] = field(default_factory=dict)

    def add(self, table: str, n_rows: int, columns: Mapping[str, ColumnInput]) -> None:
        """Append ``n_rows`` rows; columns that are not given are null.

        Raises
        ------
        ValueError : a column that the raw table does not have, or of another length (a programming error).
        """
        schema = arrow_schema(table)
        unknown = set(columns) - set(schema.names)
        if unknown:
            raise ValueError(f"raw table {table} has no columns {sorted(unknown)}")
        if n_rows:
            arrays = [_array(columns.get(f.name), f.type, n_rows) for f in schema]
            self._parts.setdefault(table, []).append(pa.table(arrays, schema=schema))

    def add_rejected(
        self,
        ref: SourceRef,
        rows: Iterable[RejectedRow],
        guard: Callable[[str], str] = str,
        raw_table: str | None = None,
    ) -> None:
        """Append notes to ``rejected_rows``.

        ``guard`` masks what must not be stored in their values; ``raw_table`` is where the rows stand that the notes
        are on. A row that was left out stands in none.
        """
        listed = list(rows)
        lost = [r.rule_id in LOSING_RULES if r.is_lost is None else r.is_lost for r in listed]
        unknown = {r.rule_id for r in listed} - set(REJECTION_RULES)
        if unknown:
            raise ValueError(f"rules {sorted(unknown)} are not in REJECTION_RULES")
        self.add(
            "rejected_rows",
            len(listed),
            {
                "cohort_id": ref.cohort_id,
                "source_file_id": ref.source_file_id,
                "source_row": [r.source_row for r in listed],
                "rule_id": [r.rule_id for r in listed],
                "column_name": [r.column_name for r in listed],
                "value": [None if r.value is None else guard(r.value) for r in listed],
                "message": [r.message for r in listed],
                "raw_table": [None if is_lost else raw_table for is_lost in lost],
                "is_lost": ["true" if is_lost else "false" for is_lost in lost],
                "n_rows": [str(r.n_rows) for r in listed],
            },
        )

    def tables(self, names: Iterable[str]) -> dict[str, pa.Table]:
        """The named tables, empty ones included."""
        found = {name: self._parts.get(name) or [arrow_schema(name).empty_table()] for name in names}
        return {name: pa.concat_tables(parts) for name, parts in found.items()}


def _array(value: ColumnInput, kind: pa.DataType, n_rows: int) -> pa.Array | pa.ChunkedArray:
    if value is None or isinstance(value, str):
        # One small block, referred to again and again: a constant of two million rows takes no memory.
        n_blocks, rest = divmod(n_rows, _CONSTANT_BLOCK)
        block = pa.repeat(pa.scalar(value, kind), _CONSTANT_BLOCK if n_blocks else rest)
        return pa.chunked_array([block] * n_blocks + [block.slice(0, rest)] * bool(rest), kind)
    column = value if isinstance(value, pa.Array | pa.ChunkedArray) else pa.array(value, kind)
    if len(column) != n_rows:
        raise ValueError(f"a column has {len(column)} values for {n_rows} rows")
    return column
