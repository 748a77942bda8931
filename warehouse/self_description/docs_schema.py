"""The schema ``docs`` of the published file: what each table, column, reference and macro is, to be asked with SQL.

``docs.tables`` (grain, key, traps, rows), ``docs.columns`` (comment, unit, key, references, share of nulls by cohort),
``docs.foreign_keys``, ``docs.macros`` and ``docs.queries``. Written last, of what is in the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
import yaml

from warehouse.frames.compact import registered
from warehouse.packing.packed import PACKED
from warehouse.self_description.enums import is_enum, words_of_enum
from warehouse.self_description.guides import macros, table_guides
from warehouse.self_description.references import key_of, references_of
from warehouse.self_description.units import MEASURED, unit_of

#: Schemas that are described.
DESCRIBED = ("marts", "stats")
_NULL_COLUMNS = Path(__file__).with_name("null_columns.yaml")
_TABLES = """
create table docs.tables (
    schema_name varchar, table_name varchar, kind varchar, grain varchar, key_columns varchar[], n_rows bigint,
    traps varchar[]
);
comment on table docs.tables is
    'One row a table or view: what one row of it is, its key, its rows (null for a view), and its traps';
create table docs.columns (
    schema_name varchar, table_name varchar, column_name varchar, position integer, data_type varchar, comment varchar,
    unit varchar, is_key boolean, refers_to varchar, share_null double, share_null_by_cohort map(varchar, double),
    why_null varchar, words varchar[]
);
comment on table docs.columns is
    'One row a column: meaning, unit, key, what it refers to, share of nulls (null for a view), words of an ENUM';
create table docs.foreign_keys (
    schema_name varchar, table_name varchar, column_names varchar[], refers_to_schema varchar, refers_to_table varchar,
    refers_to_columns varchar[]
);
comment on table docs.foreign_keys is 'One row a reference: columns that are null or name a row of another table';
create table docs.macros (
    macro_name varchar, parameters varchar[], meaning varchar, example varchar, words map(varchar, varchar[])
);
comment on table docs.macros is 'One row a table macro, with an example that can be run';
create table docs.queries (schema_name varchar, table_name varchar, question varchar, query varchar);
comment on table docs.queries is 'Questions for which a table is the right one, with their queries';
"""

_COLUMNS = pa.schema(
    [
        ("schema_name", pa.string()),
        ("table_name", pa.string()),
        ("column_name", pa.string()),
        ("position", pa.int32()),
        ("data_type", pa.string()),
        ("comment", pa.string()),
        ("unit", pa.string()),
        ("is_key", pa.bool_()),
        ("refers_to", pa.string()),
        ("share_null", pa.float64()),
        ("share_null_by_cohort", pa.map_(pa.string(), pa.float64())),
        ("why_null", pa.string()),
        ("words", pa.list_(pa.string())),
    ]
)


@dataclass(frozen=True)
class _Relation:
    """A table or view of the file: ``columns`` are name and type. A packed table is a table to its readers."""

    schema: str
    name: str
    is_view: bool
    comment: str | None
    columns: tuple[tuple[str, str, str | None], ...]

    @property
    def full(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _, _ in self.columns)


def write_docs_schema(con: duckdb.DuckDBPyConnection) -> None:
    """Make the schema ``docs`` in the database that is in use, of its schemas ``marts`` and ``stats``."""
    con.execute("create schema docs")
    con.execute(_TABLES)
    relations = _relations(con)
    known = {relation.full for relation in relations}
    guides = table_guides()
    columns: list[tuple[object, ...]] = []
    for relation in relations:
        guide = guides.get(relation.full)
        n_rows, shares, by_cohort = _nulls(con, relation)
        con.execute(
            "insert into docs.tables values (?, ?, ?, ?, ?, ?, ?)",
            [
                relation.schema,
                relation.name,
                "view" if relation.is_view else "table",
                relation.comment,
                list(key_of(relation.full, relation.names)),
                n_rows,
                list(guide.traps) if guide else [],
            ],
        )
        columns += _columns(con, relation, known, shares, by_cohort)
        if guide:
            con.executemany(
                "insert into docs.queries values (?, ?, ?, ?)",
                [
                    [relation.schema, relation.name, question, query]
                    for question, query in guide.queries.items()
                ],
            )
    # 1,700 rows one by one take seconds
    table = pa.Table.from_pydict(
        dict(zip(_COLUMNS.names, zip(*columns, strict=True), strict=True)), schema=_COLUMNS
    )
    with registered(con, described_columns=table):
        con.execute("insert into docs.columns select * from described_columns")
    made = {
        f"{schema}.{name}"
        for schema, name in con.execute(
            "select schema_name, function_name from duckdb_functions() where function_type = 'table_macro'"
        ).fetchall()
    }
    for macro in macros():
        if macro.name in made:
            con.execute(
                "insert into docs.macros values (?, ?, ?, ?, map(cast(? as varchar[]), cast(? as varchar[][])))",
                [
                    macro.name,
                    list(macro.parameters),
                    macro.meaning,
                    macro.example,
                    list(macro.words),
                    [list(words) for words in macro.words.values()],
                ],
            )


def _relations(con: duckdb.DuckDBPyConnection) -> list[_Relation]:
    columns: dict[tuple[str, str], list[tuple[str, str, str | None]]] = {}
    for schema, table, column, kind, comment in con.execute(
        "select schema_name, table_name, column_name, data_type, comment from duckdb_columns() "
        "where database_name = current_database() and list_contains(?, schema_name) order by column_index",
        [list(DESCRIBED)],
    ).fetchall():
        columns.setdefault((schema, table), []).append((column, kind, comment))
    found = con.execute(
        "select schema_name, table_name, false, comment from duckdb_tables() "
        "where database_name = current_database() and list_contains($described, schema_name) union all "
        "select schema_name, view_name, true, comment from duckdb_views() "
        "where database_name = current_database() and list_contains($described, schema_name) order by 1, 2",
        {"described": list(DESCRIBED)},
    ).fetchall()
    return [
        _Relation(
            schema, name, is_view and f"{schema}.{name}" not in PACKED, comment, tuple(columns[schema, name])
        )
        for schema, name, is_view, comment in found
    ]


def _nulls(
    con: duckdb.DuckDBPyConnection, relation: _Relation
) -> tuple[int | None, dict[str, float], dict[str, dict[str, float]]]:
    """Rows of a table, the share of nulls of each column, and the same by cohort."""
    if relation.is_view:
        return None, {}, {}
    by = "cohort_id" if "cohort_id" in relation.names else "cast(null as varchar)"
    counted = ", ".join(f'count("{name}")' for name in relation.names)
    rows = con.execute(
        f'select {by}, count(*), {counted} from {relation.schema}."{relation.name}" group by 1 order by 1'
    ).fetchall()
    n_rows = sum(row[1] for row in rows)
    shares: dict[str, float] = {}
    by_cohort: dict[str, dict[str, float]] = {}
    for at, name in enumerate(relation.names, start=2):
        if n_rows:
            shares[name] = (n_rows - sum(row[at] for row in rows)) / n_rows
        by_cohort[name] = {str(row[0]): (row[1] - row[at]) / row[1] for row in rows if row[0] is not None}
    return n_rows, shares, by_cohort


def _columns(
    con: duckdb.DuckDBPyConnection,
    relation: _Relation,
    known: set[str],
    shares: dict[str, float],
    by_cohort: dict[str, dict[str, float]],
) -> list[tuple[object, ...]]:
    """The rows of ``docs.columns``, and of ``docs.foreign_keys`` written."""
    references = [one for one in references_of(relation.full, relation.names) if one.table in known]
    key = key_of(relation.full, relation.names)
    why = why_null().get(relation.full, {})
    rows: list[tuple[object, ...]] = []
    for position, (name, kind, comment) in enumerate(relation.columns, start=1):
        refers_to = [
            f"{one.table}({', '.join(one.columns_there)})" for one in references if name in one.columns
        ]
        shown = by_cohort.get(name, {})
        rows.append(
            (
                relation.schema,
                relation.name,
                name,
                position,
                "ENUM" if is_enum(kind) else kind,
                comment,
                unit_of(name, relation.names) if kind in MEASURED else None,
                name in key,
                # cohort_id is of the reference to a sample too: the shortest reference is the column's own
                refers_to[-1] if refers_to else None,
                shares.get(name),
                list(shown.items()),
                why.get(name) if shares.get(name) == 1 else None,
                list(words_of_enum(con, kind)) if is_enum(kind) else None,
            )
        )
    if references:
        con.executemany(
            "insert into docs.foreign_keys values (?, ?, ?, ?, ?, ?)",
            [
                [
                    relation.schema,
                    relation.name,
                    list(one.columns),
                    *one.table.split("."),
                    list(one.columns_there),
                ]
                for one in references
            ],
        )
    return rows


@cache
def why_null() -> dict[str, dict[str, str]]:
    """Table -> column that may be null throughout -> why it stays."""
    declared = yaml.safe_load(_NULL_COLUMNS.read_text(encoding="utf-8"))
    return {
        table: {column: why for why, columns in reasons.items() for column in columns}
        for table, reasons in declared.items()
    }
