"""Rows of a query as they come: a million pass through a few megabytes, and a terminal gets the first of them."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import duckdb

from interfaces.cli.tables_out import Format, least_shown, show, table_width
from interfaces.formats import TERMINAL, plain
from warehouse.export.disclosure import coarsened_columns, disclosed_record, disclosed_row
from warehouse.export.readable import csv_cell, readable

#: Rows that a table shows: a terminal keeps about as many lines, and the layout of 100,000 takes 90 s.
MOST_IN_A_TABLE = 1_000
_BATCH = 5_000
#: Characters of a line into which a long text is broken.
_NARROWEST = 24
Row = tuple[Any, ...]


def stream(cursor: duckdb.DuckDBPyConnection, columns: Sequence[str], style: Format) -> None:
    """Print the rows of an executed query, coarsened as ``warehouse.export.disclosure`` says.

    CSV and JSON have all rows; a table the first 1,000, with a sentence on standard error where there are more. JSON is
    a list of objects: numbers as numbers, also decimals and whole numbers of any size, dates and times as ISO text,
    lists and structures as such, bytes as hexadecimal text, null for what is missing or no number.

    Raises
    ------
    duckdb.Error
        A row cannot be computed.
    """
    if style is Format.csv:
        _csv(_batches(cursor), columns)
    elif style is Format.json:
        _json(_batches(cursor), columns)
    else:
        rows = cursor.fetchmany(MOST_IN_A_TABLE + 1)
        _table(rows[:MOST_IN_A_TABLE], columns)
        if len(rows) > MOST_IN_A_TABLE:
            print(
                f"! the first {MOST_IN_A_TABLE:,} rows are shown and there are more: --format csv or json prints all, "
                "'limit' in the query asks for fewer",
                file=sys.stderr,
            )


def _table(rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Rows as a table with the columns that a line has room for, and a sentence on the others; one row that is wider
    than a line as a column of its values."""
    fitting = columns_that_fit(columns, rows, table_width())
    if fitting < len(columns) and len(rows) == 1:
        cells = disclosed_row(columns, rows[0], least_shown())
        values = [{"column": name, "value": cell} for name, cell in zip(columns, cells, strict=True)]
        show(values, ("column", "value"), Format.table)
        return
    show([dict(zip(columns, row, strict=True)) for row in rows], columns[:fitting], Format.table)
    if fitting < len(columns):
        print(
            f"! {fitting} of {len(columns)} columns fit in a line, {columns[fitting]} and those after it do not: name "
            "those you want in the query; --format csv or json prints all",
            file=sys.stderr,
        )


def columns_that_fit(columns: Sequence[str], rows: Sequence[Row], width: int) -> int:
    """How many of the first columns a line of ``width`` characters shows without breaking their words, at least one.

    A long text may be broken into lines of 24 characters; between two columns there are three characters.
    """
    taken = 0
    for at, name in enumerate(columns):
        longest = max([len(name), *(min(len(readable(row[at])), _NARROWEST) for row in rows)])
        taken += longest + 3
        if taken > width:
            return max(at, 1)
    return len(columns)


def _batches(cursor: duckdb.DuckDBPyConnection) -> Iterator[list[Row]]:
    while rows := cursor.fetchmany(_BATCH):
        yield rows


def _csv(batches: Iterator[list[Row]], columns: Sequence[str]) -> None:
    least = least_shown()
    is_coarsened = bool(coarsened_columns(columns, least))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([csv_cell(column) for column in columns])
    for rows in batches:
        if is_coarsened:
            rows = [disclosed_row(columns, row, least) for row in rows]
        writer.writerows([[_cell(value) for value in row] for row in rows])


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return _text_cell(value)
    return value if type(value) is int else csv_cell(plain(_text_or_number(value)))


@lru_cache(maxsize=65_536)
def _text_cell(value: str) -> Any:
    """Texts of a column come again and again; to look at each for formulas takes longer than to write it."""
    return csv_cell(value)


def _json(batches: Iterator[list[Row]], columns: Sequence[str]) -> None:
    least = least_shown()
    is_coarsened = bool(coarsened_columns(columns, least))
    names = [f"    {json.dumps(name, ensure_ascii=False)}: " for name in columns]
    before = "[\n"
    for rows in batches:
        for row in rows:
            cells = disclosed_row(columns, row, least) if is_coarsened else row
            fields = ",\n".join(
                [name + _json_text(value, least) for name, value in zip(names, cells, strict=True)]
            )
            # json escapes what is below a blank; of the others each stands in a text, where \\uXXXX means the same
            escaped = (
                fields
                if fields.isascii() and "\x7f" not in fields
                else TERMINAL.sub(lambda found: f"\\u{ord(found[0]):04x}", fields)
            )
            sys.stdout.write(f"{before}  {{\n{escaped}\n  }}")
            before = ",\n"
    sys.stdout.write("[]\n" if before == "[\n" else "\n]\n")


def _json_text(value: Any, least: int) -> str:
    """A value as JSON in one line. Without an indent the compiled encoder does it, ten times as fast."""
    if not (value is None or type(value) in (str, int, bool)):
        value = plain(disclosed_record(_text_or_number(value), least))
    return json.dumps(value, ensure_ascii=False, default=str)


def _text_or_number(value: Any) -> Any:
    """Dates and times as ISO text, seconds of an interval, bytes as hexadecimal text."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, bytes | bytearray):
        return bytes(value).hex()
    if isinstance(value, list | tuple):
        return [_text_or_number(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _text_or_number(item) for key, item in value.items()}
    return value
