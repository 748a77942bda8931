"""Misspelt words of closed vocabularies in the SQL of users.

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

from warehouse.self_description.words import closed_words, is_enum, words_of_enum

#: Node of DuckDB's tree of a query.
_Node = Mapping[str, Any]
_COMPARISONS = frozenset(
    {"COMPARE_EQUAL", "COMPARE_NOTEQUAL", "COMPARE_DISTINCT_FROM", "COMPARE_NOT_DISTINCT_FROM"}
)
_LISTS = frozenset({"COMPARE_IN", "COMPARE_NOT_IN"})


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
    ((said,),) = con.execute("select json_serialize_sql(?)", [text]).fetchall()
    tree = json.loads(said)
    if tree["error"]:
        return None
    asked = _Asked()
    for node in _nodes(tree["statements"]):
        _note(node, asked)
    tables = _Tables(con)
    for before, column, word in asked.compared:
        if column in asked.made:
            continue
        known = {
            place: tables.words(place, column)
            for place, alias in asked.relations
            if place not in asked.made and before in ("", alias) and tables.has(place, column)
        }
        if known and all(known.values()) and not any(word in words for words in known.values()):
            place, words = next(iter(known.items()))
            return Misspelt(word, f"{place}.{column}", words)
    return None


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
        return column in self._types.get(place, closed_words().get(place, {}))

    def words(self, place: str, column: str) -> tuple[str, ...]:
        """None of a column that is no ENUM."""
        if place not in self._types:
            return closed_words()[place][column]
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
    if node.get("alias") and node.get("class") not in (None, "COLUMN_REF", "CONSTANT"):
        asked.made.add(node["alias"].lower())
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
