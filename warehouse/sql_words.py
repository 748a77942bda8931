"""Misspelt words in the SQL of users: those of closed vocabularies, which are refused, and others that no row has.

DuckDB (1.1 to 2.0) compares an ENUM with any text and finds nobody: ``status = 'wildtype'`` is an empty answer, where
the word is ``wild_type``. Here the words that a query compares columns with are held against those that the columns can
hold. What is no plain column, such as ``cast(status as varchar)``, is not looked at, nor is a name that the query
itself gives to something else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import duckdb

from warehouse.packing.packed import tables_of
from warehouse.self_description.enums import is_enum, words_of_enum

#: Node of DuckDB's tree of a query.
_Node = Mapping[str, Any]
_COMPARISONS = frozenset(
    {"COMPARE_EQUAL", "COMPARE_NOTEQUAL", "COMPARE_DISTINCT_FROM", "COMPARE_NOT_DISTINCT_FROM"}
)
_LISTS = frozenset({"COMPARE_IN", "COMPARE_NOT_IN"})
_HAS_WORD = 'select 1 from {} where "{}" = ? limit 1'
_NEAR_WORD = """
select word from (select distinct "{1}" as word from {0} where "{1}" is not null)
where jaro_winkler_similarity(lower(word), lower($word)) > 0.85
order by jaro_winkler_similarity(lower(word), lower($word)) desc, word limit 1
"""


@dataclass(frozen=True)
class Misspelt:
    """A word that a column cannot hold, the column with its table, and what it can hold."""

    word: str
    column: str
    words: tuple[str, ...]

    @property
    def near(self) -> str | None:
        """The word that was probably meant."""
        found = get_close_matches(self.word.lower(), [word.lower() for word in self.words], n=1)
        return next((word for word in self.words if [word.lower()] == found), None)


@dataclass
class _Asked:
    """What a query reads and compares.

    Attributes
    ----------
    relations : schema and name of tables, views and macros, each with the name by which the query knows it.
    made : names that the query itself gives: to expressions, and to queries of a ``with`` clause.
    compared : the name before the column (empty for none), column, word.
    """

    relations: list[tuple[str, str]] = field(default_factory=list)
    made: set[str] = field(default_factory=set)
    compared: list[tuple[str, str, str]] = field(default_factory=list)


def misspelt(con: duckdb.DuckDBPyConnection, text: str) -> Misspelt | None:
    """The first word of a query that no row of its column can hold; None where there is none, or where the statement is
    one of which DuckDB gives no tree (``pivot``, ``explain``)."""
    tables = _Tables(con)
    for word, column, places in _compared_words(con, text, tables):
        known = {place: tables.words(place, column) for place in places}
        if all(known.values()) and not any(word in words for words in known.values()):
            place = min(known)
            return Misspelt(word, f"{place}.{column}", known[place])
    return None


def absent(con: duckdb.DuckDBPyConnection, text: str) -> list[str]:
    """A sentence for each word of a query that no row of its text column has, with the word that was probably meant:
    an answer can be empty for its spelling, and nothing in it says so. What views and macros work out is not looked at.
    """
    tables = _Tables(con)
    readable = {f"{schema}.{table}" for schema, table in tables_of(con)}
    found = []
    for word, column, places in _compared_words(con, text, tables):
        if not places <= readable or any(tables.kind(place, column) != "VARCHAR" for place in places):
            continue
        if any(con.execute(_HAS_WORD.format(place, column), [word]).fetchall() for place in sorted(places)):
            continue
        place = min(places)
        near = con.execute(_NEAR_WORD.format(place, column), {"word": word}).fetchall()
        meant = f"; near it: {near[0][0]}" if near else ""
        found.append(f"no row of {place}.{column} has '{word}'{meant}")
    return list(dict.fromkeys(found))


def _compared_words(
    con: duckdb.DuckDBPyConnection, text: str, tables: _Tables
) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Word, column, and the relations of the query that have the column; none of a statement without a tree."""
    ((said,),) = con.execute("select json_serialize_sql(?)", [text]).fetchall()
    tree = json.loads(said)
    if tree["error"]:
        return
    asked = _Asked()
    for node in _nodes(tree["statements"]):
        _note(node, asked)
    for before, column, word in asked.compared:
        places = frozenset(
            place
            for place, alias in asked.relations
            if place not in asked.made and before in ("", alias) and tables.has(place, column)
        )
        if places and column not in asked.made:
            yield word, column, places


class _Tables:
    """The columns of the open file, and those of its macros that have a vocabulary."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._types: dict[str, dict[str, str]] = {}
        for table, column, kind in con.execute(
            "select schema_name || '.' || table_name, lower(column_name), data_type from duckdb_columns() "
            "where database_name = current_database() and not internal"
        ).fetchall():
            self._types.setdefault(table, {})[column] = kind

    def has(self, place: str, column: str) -> bool:
        known: Mapping[str, object] = self._types[place] if place in self._types else self._of_macro(place)
        return column in known

    @staticmethod
    def _of_macro(name: str) -> Mapping[str, tuple[str, ...]]:
        from warehouse.self_description.words import closed_words  # half a second to load, for macros alone

        return closed_words().get(name, {})

    def kind(self, place: str, column: str) -> str | None:
        """The type of a column; None of a macro's."""
        return self._types.get(place, {}).get(column)

    def words(self, place: str, column: str) -> tuple[str, ...]:
        """None of a column that is no ENUM."""
        if place not in self._types:
            return self._of_macro(place)[column]
        kind = self._types[place][column]
        return words_of_enum(self._con, kind) if is_enum(kind) else ()


def _nodes(tree: Any) -> Iterator[_Node]:
    if isinstance(tree, dict):
        yield tree
        for below in tree.values():
            yield from _nodes(below)
    elif isinstance(tree, list):
        for below in tree:
            yield from _nodes(below)


def _note(node: _Node, asked: _Asked) -> None:
    kind = node.get("type")
    if kind == "BASE_TABLE":
        place = f"{node['schema_name']}.{node['table_name']}".lower().lstrip(".")
        asked.relations.append((place, (node["alias"] or node["table_name"]).lower()))
    elif kind == "TABLE_FUNCTION":
        called = node["function"]
        place = f"{called['schema']}.{called['function_name']}".lower()
        asked.relations.append((place, (node["alias"] or called["function_name"]).lower()))
    elif kind in _COMPARISONS:
        _compare([node["left"], node["right"]], asked)
        _compare([node["right"], node["left"]], asked)
    elif kind in _LISTS:
        _compare(node["children"], asked)
    if node.get("alias") and "class" in node and node.get("column_names", [""])[-1] != node["alias"]:
        asked.made.add(node["alias"].lower())
    asked.made |= {name.lower() for name in node.get("column_name_alias", ())}
    if "cte_map" in node:
        asked.made |= {named["key"].lower() for named in node["cte_map"]["map"]}


def _compare(sides: list[_Node], asked: _Asked) -> None:
    """A column and the words that it is compared with."""
    column, *others = sides
    if column.get("type") != "COLUMN_REF":
        return
    *before, name = column["column_names"]
    for other in others:
        if (word := _word(other)) is not None:
            asked.compared.append((before[-1].lower() if before else "", name.lower(), word))


def _word(node: _Node) -> str | None:
    """The text of a constant, as DuckDB 2 writes it or 1.5; None of anything else."""
    if node.get("type") != "VALUE_CONSTANT":
        return None
    if "literal" in node:
        return str(node["literal"]["text"]) if node["literal"]["kind"] == "STRING" else None
    value = node["value"]
    is_text = value["type"]["id"] == "VARCHAR" and not value["is_null"]
    return str(value["value"]) if is_text else None
