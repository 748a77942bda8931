"""The columns that can hold a few words and no other, and the words: the published file gives each an ENUM of them.

A vocabulary stands once: that of a mart in its test ``accepted_values``, or in the column that ``words_of`` names; that
of a result beside its column (``analytics.results.schema.column``) or where its rows are made (``lineage_views``), that
of a macro in ``macros.yaml``. Not here is what a catalogue of one's own may extend, such as cancer types: that
stays text.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from analytics.results.schema import Words
from analytics.results.tables import RESULT_TABLES
from warehouse.results.lineage_views import WORDS_OF_ROWS
from warehouse.self_description.guides import macros
from warehouse.settings import PROJECT

_MARTS = PROJECT / "dbt_project" / "models" / "marts"
_CLAIMS = PROJECT / "catalog" / "claims" / "_published_claims.yml"


class UnknownWordsError(ValueError):
    """``words_of`` names a column without a vocabulary."""


@cache
def described_marts() -> tuple[dict[str, Any], ...]:
    """Models of the marts as their YAML describes them, and the vocabularies of claims, which are published beside
    them."""
    found: list[dict[str, Any]] = []
    for path in sorted(_MARTS.rglob("*.yml")):
        found += _read(path).get("models", [])
    return (*found, *_read(_CLAIMS)["seeds"])


@cache
def closed_words() -> dict[str, Words]:
    """Schema and table (or macro) -> column -> its words in the order of text, so that an ENUM sorts as text does.

    Raises
    ------
    UnknownWordsError
        ``words_of`` of a mart's column names a column that has no vocabulary.
    """
    own = {
        (str(model["name"]), str(column["name"])): words
        for model in described_marts()
        for column in model["columns"]
        if (words := _accepted(column))
    }
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for model in described_marts():
        for column in model["columns"]:
            place = (str(model["name"]), str(column["name"]))
            if (words := own.get(place) or _of_another(place, column, own)) is not None:
                found.setdefault(f"marts.{place[0]}", {})[place[1]] = tuple(sorted(words))
    results = {f"stats.{name}": _sorted(table.words) for name, table in RESULT_TABLES.items() if table.words}
    results |= {f"stats.{name}": dict(WORDS_OF_ROWS) for name in ("member_rows", "statistic_rows")}
    of_macros = {macro.name: _sorted(macro.words) for macro in macros() if macro.words}
    return {**found, **results, **of_macros}


def enum_of(words: tuple[str, ...]) -> str:
    """The type of a column of these words, in SQL."""
    return "enum(" + ", ".join("'" + word.replace("'", "''") + "'" for word in words) + ")"


def typed(table: str, query: str, columns: Mapping[str, str]) -> str:
    """A query of the rows of a table, its closed vocabularies as ENUMs.

    Parameters
    ----------
    table : schema and table, or macro.
    columns : column -> type of the query's result; only those that are text are changed.
    """
    replaced = [
        f'cast("{column}" as {enum_of(words)}) as "{column}"'
        for column, words in closed_words().get(table, {}).items()
        if columns.get(column) == "VARCHAR"
    ]
    return f"select * replace ({', '.join(replaced)}) from ({query})" if replaced else query


def _accepted(column: dict[str, Any]) -> tuple[str, ...] | None:
    for test in column.get("data_tests", []):
        if isinstance(test, dict) and "accepted_values" in test:
            asked = test["accepted_values"]["arguments"]
            return tuple(map(str, asked["values"])) if asked.get("quote", True) else None
    return None


def _of_another(
    place: tuple[str, str], column: dict[str, Any], own: Mapping[tuple[str, str], tuple[str, ...]]
) -> tuple[str, ...] | None:
    named = column.get("config", {}).get("meta", {}).get("words_of")
    if named is None:
        return None
    table, _, other = str(named).partition(".")
    if (table, other) not in own:
        raise UnknownWordsError(f"{'.'.join(place)} has words_of {named}, which has no accepted_values")
    return own[table, other]


def _sorted(words: Words) -> dict[str, tuple[str, ...]]:
    return {column: tuple(sorted(map(str, of_column))) for column, of_column in words.items()}


def _read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
