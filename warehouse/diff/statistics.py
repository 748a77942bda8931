"""Which published estimates moved between two files: each by its name, with its values before and after."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from warehouse.diff.table_keys import ESTIMATES
from warehouse.diff.tables import (
    AFTER,
    BEFORE,
    DEFAULT_TOLERANCE,
    Kind,
    Row,
    columns_of,
    differs,
    place_of,
    quoted,
    stream,
    text,
)

#: What is compared of an estimate, and how.
VALUES: dict[str, Kind] = {
    "estimate": "number",
    "ci_low": "number",
    "ci_high": "number",
    "p": "number",
    "verdict": "exact",
}
STATISTIC_COLUMNS = (
    "table",
    "stat_id",
    "change",
    *(f"{value}_{side}" for value in VALUES for side in (BEFORE, AFTER)),
)


def statistic_differences(
    con: duckdb.DuckDBPyConnection, tolerance: float = DEFAULT_TOLERANCE
) -> Iterator[Row]:
    """Every estimate that was added or removed, or whose estimate, interval, p or verdict moved beyond the tolerance.

    Tables with a ``stat_id`` and an estimate, and the verdicts of claims; ``con`` as from `tables.both_open`.
    Rows have `STATISTIC_COLUMNS`, in the order of table and name.
    """
    columns = {side: columns_of(con, side) for side in (BEFORE, AFTER)}
    tables = sorted(
        table
        for table in columns[BEFORE].keys() | columns[AFTER].keys()
        if any(_names(table, columns[side].get(table, {})) for side in (BEFORE, AFTER))
    )
    if tables:
        parts = [_moved(table, columns, tolerance) for table in tables]
        yield from stream(con, list(STATISTIC_COLUMNS), " union all ".join(parts) + " order by 1, 2, 3")


def _names(table: str, columns: dict[str, str]) -> dict[str, str]:
    """stat_id and values -> the table's own columns; nothing for a table without estimates."""
    declared = ESTIMATES.get(table, {name: name for name in ("stat_id", *VALUES)})
    found = {name: column for name, column in declared.items() if column in columns}
    return found if {"stat_id", "estimate"} <= found.keys() else {}


def _moved(table: str, columns: dict[str, dict[str, dict[str, str]]], tolerance: float) -> str:
    sides = {side: _side(table, side, columns[side].get(table, {})) for side in (BEFORE, AFTER)}
    values = ", ".join(f"{side[0]}.{value}" for value in VALUES for side in (BEFORE, AFTER))
    any_moved = " or ".join(
        differs(f"b.{value}", f"a.{value}", how, tolerance) for value, how in VALUES.items()
    )
    return (
        f"select {text(table)}, coalesce(b.stat_id, a.stat_id), "
        f"case when b.here is null then 'added' when a.here is null then 'removed' else 'moved' end, {values} "
        f"from ({sides[BEFORE]}) as b full outer join ({sides[AFTER]}) as a on b.stat_id = a.stat_id "
        f"where b.here is null or a.here is null or {any_moved}"
    )


def _side(table: str, side: str, columns: dict[str, str]) -> str:
    """The estimates of one file: stat_id and the values, null where the table has no such column."""
    names = _names(table, columns)
    picked = [
        f"cast({quoted(names[value]) if value in names else 'null'} as {'double' if how == 'number' else 'varchar'}) "
        f"as {value}"
        for value, how in VALUES.items()
    ]
    if not names:
        nothing = ", ".join(("true as here", "cast(null as varchar) as stat_id", *picked))
        return f"select {nothing} where false"
    found = ", ".join(("true as here", f"{quoted(names['stat_id'])} as stat_id", *picked))
    return f"select {found} from {place_of(side, table)}"
