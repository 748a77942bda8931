"""Rows for a terminal, a spreadsheet or a program: one function for every command that shows a table."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from interfaces.formats import csv_text, json_text
from warehouse.export.disclosure import disclosed_row
from warehouse.export.readable import readable, shown
from warehouse.settings import Settings
from warehouse.versions.layout import version_in_force
from warehouse.versions.manifest import smallest_cell


class Format(StrEnum):
    """How a table is printed."""

    table = "table"
    csv = "csv"
    json = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="How to print: table, csv or json.")]
OutputOption = Annotated[Path | None, typer.Option("--output", help="Where to write the file.")]


def show(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    style: Format,
    title: str = "",
    *,
    least: int | None = None,
) -> None:
    """Print rows, coarsened as ``warehouse.export.disclosure`` says; JSON is a list of objects, missing is null.

    Parameters
    ----------
    least : smallest count of people that is shown; that of the version in force without.
    """
    least = least_shown() if least is None else least
    if style is Format.json:
        print(json_text([{column: row.get(column) for column in columns} for row in rows], least))
        return
    if style is Format.csv:
        print(csv_text(rows, columns, least), end="")
        return
    table = Table(title=shown(title) or None, title_justify="left", show_edge=False)
    for column in columns:
        table.add_column(shown(column), overflow="fold")
    for row in rows:
        cells = disclosed_row(columns, [row.get(name) for name in columns], least)
        table.add_row(*[readable(cell) for cell in cells])
    # words of the sources such as [brackets] or :colons: are shown as they are
    Console(width=table_width(), markup=False, emoji=False, highlight=False).print(table)


def table_width() -> int:
    """Characters of a line: those of the terminal. A pipe or a log has none of its own, and 80 would break words."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 180


def say(text: str = "", *, is_aside: bool = False) -> None:
    """Print words of a file or an address as `show` prints cells; ``is_aside`` goes to standard error."""
    print(shown(text), file=sys.stderr if is_aside else sys.stdout)


def print_json(value: Any) -> None:
    """Print as JSON that any reader can parse."""
    print(json_text(value, least_shown()))


def least_shown() -> int:
    """The smallest count of people that may be shown of the version in force."""
    return smallest_cell(version_in_force(Settings.from_environment().published))
