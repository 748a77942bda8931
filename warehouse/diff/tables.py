"""What differs between two published files: tables, columns, rows by their keys, and values beyond a tolerance.

Everything is counted inside DuckDB on both files at once, each opened read-only; only the lines of the answer come out,
so that tables of millions of rows cost seconds and no memory of this process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from ingestion.errors import IngestionError
from warehouse.diff.table_keys import LEFT_OUT_COLUMNS, LEFT_OUT_TABLES, likely_keys
from warehouse.packing.packed import tables_of

BEFORE, AFTER = "before", "after"
DEFAULT_TOLERANCE = 1e-12
_FLOATING = ("DOUBLE", "FLOAT")
#: Where a published file stands in a folder that the reader may name instead.
_IN_FOLDER = ("icb.duckdb", "published/icb.duckdb")

Row = dict[str, str | int | float | None]
Kind = Literal["number", "exact", "text"]
#: before or after -> schema.table -> column -> type
_Schemas = dict[str, dict[str, dict[str, str]]]


class DiffError(IngestionError):
    """The two files cannot be compared as asked."""


@dataclass(frozen=True)
class Comparison:
    """How one table of both files is compared.

    Attributes
    ----------
    table : schema.table.
    key : columns that name a row and are unique in both files; empty when there are none.
    columns : further columns of both files, name -> how two values are compared: ``number`` within the tolerance,
        ``exact``, or as ``text`` where the type has changed.
    """

    table: str
    key: tuple[str, ...]
    columns: dict[str, Kind]


@dataclass(frozen=True)
class TableDifference:
    """One line of the answer: how a table of the second file differs from that of the first.

    ``rows_before`` or ``rows_after`` is None where the file has no such table; ``rows_changed`` is None where no key
    tells which row was which, and then a changed row is one removed and one added. ``columns_changed`` has the number
    of rows for each column.
    """

    table: str
    rows_before: int | None
    rows_after: int | None
    rows_added: int = 0
    rows_removed: int = 0
    rows_changed: int | None = 0
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    columns_changed: tuple[tuple[str, int], ...] = ()
    key: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """added or removed (the whole table), changed, or same."""
        if self.rows_before is None or self.rows_after is None:
            return "added" if self.rows_before is None else "removed"
        rows = self.rows_added or self.rows_removed or self.rows_changed
        return "changed" if rows or self.columns_added or self.columns_removed else "same"


def published_path(place: Path) -> Path:
    """The published file that a path means: itself, or the one in a folder of published or of all data.

    Raises
    ------
    DiffError : there is none.
    """
    candidates = [place / name for name in _IN_FOLDER] if place.is_dir() else [place]
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        raise DiffError(
            "there is no published file",
            where=str(place),
            remedy="name a .duckdb file or the folder it is in",
        )
    return found


@contextmanager
def both_open(before: Path, after: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in which the files are the catalogues ``before`` and ``after``, read-only.

    Raises
    ------
    DiffError : a file is missing, is no DuckDB file, is being written, or both are the same.
    """
    paths = {BEFORE: published_path(before), AFTER: published_path(after)}
    if paths[BEFORE].samefile(paths[AFTER]):
        raise DiffError("both are the same file", where=str(paths[BEFORE]), remedy="name two files")
    with duckdb.connect() as con:
        for name, path in paths.items():
            try:
                con.execute(f"attach {text(str(path))} as {name} (read_only)")
            except duckdb.Error as exc:
                raise DiffError(
                    f"it cannot be opened ({str(exc).splitlines()[0]})",
                    where=str(path),
                    remedy="name a published file that nobody is writing",
                ) from exc
        yield con


def table_differences(
    con: duckdb.DuckDBPyConnection, tolerance: float = DEFAULT_TOLERANCE
) -> Iterator[TableDifference]:
    """Every table of either file, by name.

    Parameters
    ----------
    tolerance : two floating-point numbers are one when they differ by no more than this share of the larger.
    """
    columns = {side: columns_of(con, side) for side in (BEFORE, AFTER)}
    for table in sorted(columns[BEFORE].keys() | columns[AFTER].keys()):
        counts = {s: _count(con, s, table) if table in columns[s] else None for s in (BEFORE, AFTER)}
        n_before, n_after = counts[BEFORE], counts[AFTER]
        if n_before is None or n_after is None:
            yield TableDifference(table, n_before, n_after, n_after or 0, n_before or 0)
        elif table in LEFT_OUT_TABLES:
            yield TableDifference(table, n_before, n_after)
        else:
            yield _difference(con, table, columns, n_before, n_after, tolerance)


def comparison_of(con: duckdb.DuckDBPyConnection, table: str) -> Comparison:
    """How a table is compared; ``table`` is schema.table, or the table's name alone where it is in one schema.

    Raises
    ------
    DiffError : no such table, or it is in one file only.
    """
    columns = {side: columns_of(con, side) for side in (BEFORE, AFTER)}
    names = sorted(columns[BEFORE].keys() | columns[AFTER].keys())
    found = [name for name in names if table in (name, name.split(".")[1])]
    if len(found) != 1:
        raise DiffError(
            f"table '{table}' is in neither file" if not found else f"'{table}' may be {' or '.join(found)}",
            remedy="'icb diff' without --table lists every table",
        )
    for side in (BEFORE, AFTER):
        if found[0] not in columns[side]:
            raise DiffError(
                f"only one file has the table '{found[0]}', not that {side} the change",
                remedy="look at it with icb sql",
            )
    return _comparison(con, found[0], columns)


def row_differences(
    con: duckdb.DuckDBPyConnection, how: Comparison, tolerance: float = DEFAULT_TOLERANCE
) -> tuple[list[str], Iterator[Row]]:
    """Column names and rows: ``change`` (added, removed, changed), the key, and with a key ``column``, ``before`` and
    ``after``, one row a changed value (of an added or removed row its values in one text); without one the whole rows.

    Raises
    ------
    DiffError : there is nothing to compare.
    """
    if not (how.key or how.columns):
        raise DiffError(
            f"the two files have no column of '{how.table}' in common", remedy="look at each with icb sql"
        )
    if not how.key:
        names = ["change", *how.columns]
        values = ", ".join(f"cast({quoted(c)} as varchar)" for c in how.columns)
        parts = [
            f"select '{change}', {values} from ({_surplus(how, there, absent)})"
            for change, there, absent in (("removed", BEFORE, AFTER), ("added", AFTER, BEFORE))
        ]
        return names, stream(con, names, " union all ".join(parts) + " order by all")
    names = ["change", *how.key, "column", BEFORE, AFTER]
    pairs = ", ".join(
        f"b.{quoted(c)} as {quoted('b.' + c)}, a.{quoted(c)} as {quoted('a.' + c)}"
        for c in (*how.key, *how.columns)
    )
    moved = _any_differs(how, tolerance)
    con.execute(
        f"create or replace temp table moved as select b.here as was, a.here as is_now, {pairs} "
        f"from {_joined(how)} where b.here is null or a.here is null or {moved}"
    )
    keys = ", ".join(f"coalesce({quoted('b.' + k)}, {quoted('a.' + k)}) as {quoted(k)}" for k in how.key)
    parts = [
        f"select 'removed', {keys}, null, {_row_text(how, 'b')}, null from moved where is_now is null",
        f"select 'added', {keys}, null, null, {_row_text(how, 'a')} from moved where was is null",
    ]
    for column, kind in how.columns.items():
        old, new = quoted("b." + column), quoted("a." + column)
        parts.append(
            f"select 'changed', {keys}, {text(column)}, cast({old} as varchar), cast({new} as varchar) from moved "
            f"where was and is_now and {differs(old, new, kind, tolerance)}"
        )
    return names, stream(con, names, " union all ".join(parts) + " order by all")


def _difference(
    con: duckdb.DuckDBPyConnection,
    table: str,
    columns: _Schemas,
    n_before: int,
    n_after: int,
    tolerance: float,
) -> TableDifference:
    before, after = columns[BEFORE][table], columns[AFTER][table]
    added, removed = tuple(c for c in after if c not in before), tuple(c for c in before if c not in after)
    compared = tuple(_compared(before, after))
    if not compared:  # tables of one name, and no more
        return TableDifference(table, n_before, n_after, n_after, n_before, None, added, removed)
    if n_before == n_after and _checksum(con, BEFORE, table, compared) == _checksum(
        con, AFTER, table, compared
    ):
        return TableDifference(table, n_before, n_after, columns_added=added, columns_removed=removed)
    how = _comparison(con, table, columns)
    if not how.key:
        gone, new = (
            int(_values(con, f"select count(*) from ({_surplus(how, there, absent)})")[0])
            for there, absent in ((BEFORE, AFTER), (AFTER, BEFORE))
        )
        return TableDifference(table, n_before, n_after, new, gone, None, added, removed)
    differing = [f"count(*) filter (where {_in_both(c, kind, tolerance)})" for c, kind in how.columns.items()]
    found = _values(
        con,
        f"select count(*) filter (where b.here is null), count(*) filter (where a.here is null), "
        f"count(*) filter (where b.here and a.here and {_any_differs(how, tolerance)})"
        f"{''.join(', ' + d for d in differing)} from {_joined(how)}",
    )
    n_new, n_gone, n_changed, *by_column = (int(n) for n in found)
    changed = tuple((c, n) for c, n in zip(how.columns, by_column, strict=True) if n)
    return TableDifference(
        table, n_before, n_after, n_new, n_gone, n_changed, added, removed, changed, how.key
    )


def _comparison(con: duckdb.DuckDBPyConnection, table: str, columns: _Schemas) -> Comparison:
    compared = _compared(columns[BEFORE][table], columns[AFTER][table])
    keys = likely_keys(table, frozenset(compared))
    key = next((k for k in keys if all(_is_unique(con, side, table, k) for side in (BEFORE, AFTER))), ())
    return Comparison(table, key, {c: kind for c, kind in compared.items() if c not in key})


def _compared(before: dict[str, str], after: dict[str, str]) -> dict[str, Kind]:
    """The columns that both have, without those that differ between any two runs."""
    found: dict[str, Kind] = {}
    for column, kind in before.items():
        other = after.get(column)
        if other is None or column in LEFT_OUT_COLUMNS or "TIMESTAMP" in kind + other:
            continue
        is_number = kind in _FLOATING and other in _FLOATING
        found[column] = "number" if is_number else "exact" if kind == other else "text"
    return found


def columns_of(con: duckdb.DuckDBPyConnection, side: str) -> dict[str, dict[str, str]]:
    """schema.table -> column -> type, of tables: views only repeat them, but for those that are kept packed."""
    tables = [f"{schema}.{table}" for schema, table in tables_of(con, side)]
    rows = con.execute(
        "select table_schema || '.' || table_name as place, column_name, data_type from information_schema.columns "
        "where table_catalog = ? and list_contains(?, place) order by table_schema, table_name, ordinal_position",
        [side, tables],
    ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        found.setdefault(table, {})[column] = kind
    return found


def _count(con: duckdb.DuckDBPyConnection, side: str, table: str) -> int:
    return int(_values(con, f"select count(*) from {place_of(side, table)}")[0])


def _is_unique(con: duckdb.DuckDBPyConnection, side: str, table: str, key: Sequence[str]) -> bool:
    names = ", ".join(quoted(column) for column in key)
    repeated = f"select 1 from {place_of(side, table)} group by {names} having count(*) > 1 limit 1"
    return con.execute(repeated).fetchone() is None


def _checksum(con: duckdb.DuckDBPyConnection, side: str, table: str, columns: Sequence[str]) -> object:
    """The same for the same rows in whatever order: most tables of two runs are equal, and need no join."""
    if not columns:
        return None
    names = ", ".join(quoted(column) for column in columns)
    return _values(con, f"select sum(hash({names})::hugeint) from {place_of(side, table)}")[0]


def _joined(how: Comparison) -> str:
    names = ", ".join(quoted(column) for column in (*how.key, *how.columns))
    sides = {
        s: f"(select true as here, {names} from {place_of(s, how.table)}) as {s[0]}" for s in (BEFORE, AFTER)
    }
    on = " and ".join(f"b.{quoted(column)} is not distinct from a.{quoted(column)}" for column in how.key)
    return f"{sides[BEFORE]} full outer join {sides[AFTER]} on {on}"


def _surplus(how: Comparison, there: str, absent: str) -> str:
    """Rows that one file has more often than the other. A column of another type than before is text in both: DuckDB
    would cast one to the other, which a sentence cannot be cast to, where a list took its place."""
    names = ", ".join(
        f"cast({quoted(column)} as varchar) as {quoted(column)}" if kind == "text" else quoted(column)
        for column, kind in how.columns.items()
    )
    these, those = (f"select {names} from {place_of(side, how.table)}" for side in (there, absent))
    return f"{these} except all {those}"


def _any_differs(how: Comparison, tolerance: float) -> str:
    each = [differs(f"b.{quoted(c)}", f"a.{quoted(c)}", kind, tolerance) for c, kind in how.columns.items()]
    return "(" + (" or ".join(each) or "false") + ")"


def _in_both(column: str, kind: Kind, tolerance: float) -> str:
    return "b.here and a.here and " + differs(f"b.{quoted(column)}", f"a.{quoted(column)}", kind, tolerance)


def differs(old: str, new: str, kind: Kind, tolerance: float) -> str:
    """SQL: whether two values differ."""
    if kind == "exact":
        return f"{old} is distinct from {new}"
    if kind == "text":
        return f"cast({old} as varchar) is distinct from cast({new} as varchar)"
    within = f"abs({old} - {new}) <= {tolerance!r} * greatest(abs({old}), abs({new}))"
    near = f"isfinite({old}) and isfinite({new}) and {within}"
    return f"({old} is distinct from {new} and not coalesce({near}, false))"


def _row_text(how: Comparison, side: str) -> str:
    values = [f"{text(c + '=')} || cast({quoted(f'{side}.{c}')} as varchar)" for c in how.columns]
    return f"concat_ws('; ', {', '.join(values)})" if values else "''"


def stream(con: duckdb.DuckDBPyConnection, names: list[str], query: str) -> Iterator[Row]:
    """The rows of a query, fetched as they are asked for, under these names."""
    cursor = con.execute(query)
    while rows := cursor.fetchmany(1000):
        yield from (dict(zip(names, row, strict=True)) for row in rows)


def _values(con: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    row = con.execute(query).fetchone()
    assert row is not None, "an aggregate has one row"
    return row


def place_of(side: str, table: str) -> str:
    """SQL: schema.table of one of the files."""
    schema, name = table.split(".", 1)
    return f"{side}.{quoted(schema)}.{quoted(name)}"


def quoted(column: str) -> str:
    """SQL: a name."""
    return '"' + column.replace('"', '""') + '"'


def text(value: str) -> str:
    """SQL: a piece of text."""
    return "'" + value.replace("'", "''") + "'"
