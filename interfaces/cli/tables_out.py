"""Rows for a terminal, a spreadsheet or a program: one function for every command that shows a table."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from warehouse.export.disclosure import disclosed, disclosed_record
from warehouse.export.readable import csv_cell, readable, shown
from warehouse.settings import Settings
from warehouse.versions.layout import version_in_force
from warehouse.versions.manifest import smallest_cell

_TERMINAL = re.compile(r"[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class Format(StrEnum):
    """How a table is printed."""

    table = "table"
    csv = "csv"
    json = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="How to print: table, csv or json.")]
OutputOption = Annotated[Path | None, typer.Option("--output", help="Where to write the file.")]


def show(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], style: Format, title: str = "") -> None:
    """Print rows, coarsened as ``warehouse.export.disclosure`` says; JSON is a list of objects, missing is null."""
    if style is Format.json:
        print_json([{column: row.get(column) for column in columns} for row in rows])
        return
    least = _least()
    rows = [{name: disclosed(name, row.get(name), least) for name in columns} for row in rows]
    if style is Format.csv:
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow([csv_cell(column) for column in columns])
        plain = [[_plain(row.get(column)) for column in columns] for row in rows]
        writer.writerows([["" if value is None else csv_cell(value) for value in row] for row in plain])
        print(buffer.getvalue(), end="")
    else:
        table = Table(title=shown(title) or None, title_justify="left", show_edge=False)
        for column in columns:
            table.add_column(shown(column), overflow="fold")
        for row in rows:
            table.add_row(*[readable(row.get(column)) for column in columns])
        # a pipe or a log has no width of its own: 80 columns would break every word
        # words of the sources such as [brackets] or :colons: are shown as they are
        width = None if sys.stdout.isatty() else 180
        Console(width=width, markup=False, emoji=False, highlight=False).print(table)


def distinct(columns: Sequence[str]) -> list[str]:
    """Column names that tell every column apart: a name that comes again gets ``_1``, ``_2``, ... as in DuckDB."""
    named: list[str] = []
    for column in columns:
        name, n = column, 0
        while name in named:
            n += 1
            name = f"{column}_{n}"
        named.append(name)
    return named


def print_json(value: Any) -> None:
    """JSON with dates as ISO text and NaN as null, so that any reader can parse it; control characters are escaped."""
    value = disclosed_record(value, _least())
    text = json.dumps(_plain(value), indent=2, ensure_ascii=False, default=str)
    # json escapes those below a blank; of the others each stands in a text, where \uXXXX means the same
    print(_TERMINAL.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def _least() -> int:
    """The smallest count of people that may be shown of the version in force."""
    return smallest_cell(version_in_force(Settings.from_environment().published))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value
