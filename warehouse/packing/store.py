"""Keep a table packed, and its view: what ``warehouse.packing.packed`` declares, made in a new file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from warehouse.packing.packed import PACKED, PEOPLE, STORED, Packed, Together

_PEOPLE = Together("people", PEOPLE)


def store_packed(con: duckdb.DuckDBPyConnection, rows_of: Mapping[str, str]) -> None:
    """Copy the rows of each table (schema.table, in ``PACKED``: the query that gives them) into the database in use."""
    if not rows_of:
        return
    con.execute(f"create schema {STORED}")
    everyone = [
        f"select {_names(PEOPLE)} from ({rows})"
        for table, rows in rows_of.items()
        if not PACKED[table].has_own_people
    ]
    if everyone:
        con.execute(_numbered(_PEOPLE, f"{STORED}.people", " union all ".join(everyone)))
    for table, rows in rows_of.items():
        packed = PACKED[table]
        columns = [str(row[0]) for row in con.execute(f"describe {rows}").fetchall()]
        for group in (*((_PEOPLE,) if packed.has_own_people else ()), *packed.together):
            con.execute(_numbered(group, _place(packed, group), rows))
        con.execute(_rows(packed, columns, rows))
        con.execute(view_of(packed, columns))


def view_of(packed: Packed, columns: Sequence[str]) -> str:
    """The statement that makes the view of a packed table, with ``columns`` in that order."""
    groups = (_PEOPLE, *packed.together)
    place = {column: f'"{group.name}"."{column}"' for group in groups for column in group.columns}
    place |= {column: f'facts."{column}"' for column in columns if column not in place}
    said = dict(place)
    for column, base in packed.distances.items():
        said[column] = (
            f"case when {place[base]} is null then {place[column]} else {place[base]} + {place[column]} end"
        )
    for column, expression in packed.computed.items():
        said[column] = f'case when facts."has_own_{column}" then {place[column]} else {expression} end'
    selected = ", ".join(f'{said[column]} as "{column}"' for column in columns)
    joined = " ".join(
        f'inner join {_place(packed, group)} as "{group.name}" on facts.{_no(group)} = "{group.name}".{_no(group)}'
        for group in groups
    )
    return f"create view {packed.table} as select {selected} from {STORED}.{packed.name} as facts {joined}"


def _numbered(group: Together, place: str, rows: str) -> str:
    """A table of what occurs in ``rows``, numbered from 0."""
    first = "count(*) desc, " if group.is_common_first else ""
    ordered = ", ".join(f'"{column}" nulls last' for column in group.columns)
    return (
        f"create table {place} as select cast(row_number() over (order by {first}{ordered}) - 1 as integer) "
        f"as {_no(group)}, {_names(group.columns)} from ({rows}) as every_row "
        f"group by {_names(group.columns)} order by {_no(group)}"
    )


def _rows(packed: Packed, columns: Sequence[str], rows: str) -> str:
    """The table of numbers, and of what is kept as it is, of the rows of a query."""
    groups = (_PEOPLE, *packed.together)
    elsewhere = {column for group in groups for column in group.columns}
    kept: list[str] = [f'"{group.name}".{_no(group)}' for group in groups]
    for column in columns:
        here = f'every_row."{column}"'
        if column in elsewhere:
            continue
        if column in packed.distances:
            base = f'every_row."{packed.distances[column]}"'
            kept.append(f'case when {base} is null then {here} else {here} - {base} end as "{column}"')
        elif column in packed.computed:
            is_own = f"{here} is distinct from ({packed.computed[column]})"
            kept += [f'{is_own} as "has_own_{column}"', f'case when {is_own} then {here} end as "{column}"']
        else:
            kept.append(here)
    joined = " ".join(
        f'inner join {_place(packed, group)} as "{group.name}" on '
        + " and ".join(
            f'every_row."{column}" is not distinct from "{group.name}"."{column}"' for column in group.columns
        )
        for group in groups
    )
    order = ", ".join(
        [f'"{_PEOPLE.name}".{_no(_PEOPLE)}', *(f'every_row."{column}"' for column in packed.order)]
    )
    return (
        f"create table {STORED}.{packed.name} as select {', '.join(kept)} "
        f"from ({rows}) as every_row {joined} order by {order}"
    )


def _place(packed: Packed, group: Together) -> str:
    is_shared = group is _PEOPLE and not packed.has_own_people
    return f"{STORED}.people" if is_shared else f"{STORED}.{packed.name}_{group.name}"


def _no(group: Together) -> str:
    return f"{group.name}_no"


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)
