"""What a short query of each table gets wrong, three good ones, and the table macros: for page and file alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from analytics.results.schema import Words

_GUIDES = ("table_guides_marts.yaml", "table_guides_stats.yaml")


@dataclass(frozen=True)
class Guide:
    """Attributes
    ----------
    traps : what a short query gets wrong.
    queries : question -> query.
    """

    traps: tuple[str, ...]
    queries: dict[str, str]


@dataclass(frozen=True)
class Macro:
    """A table macro, which also takes ``file``, the name of a file that is attached and not in use.

    Attributes
    ----------
    example : a query that can be run.
    words : the closed vocabularies of its columns.
    """

    name: str
    parameters: tuple[str, ...]
    meaning: str
    example: str
    words: Words


@cache
def table_guides() -> dict[str, Guide]:
    """Schema and table -> its guide."""
    guides = {}
    for name in _GUIDES:
        for table, guide in _read(name).items():
            guides[table] = Guide(tuple(guide["traps"]), dict(guide["queries"]))
    return guides


@cache
def macros() -> tuple[Macro, ...]:
    """The table macros, in the order of the page."""
    return tuple(
        Macro(
            name,
            tuple(said["parameters"]),
            said["meaning"],
            said["example"],
            {column: tuple(words) for column, words in said.get("words", {}).items()},
        )
        for name, said in _read("macros.yaml").items()
    )


def _read(name: str) -> Any:
    """A file of this folder. The compiled reader: 1,300 nodes take the other 2 s."""
    return yaml.load(Path(__file__).with_name(name).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
